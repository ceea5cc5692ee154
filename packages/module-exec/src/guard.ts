import { CHANNEL_FDS } from './channel-offer.js';
import type { Command } from './command.js';

/** Last argument that the wrapping shell has before the command: how a guard is told from what it guards. */
export const guardMark = 'iii-exec-guard';
/** File descriptor on which the guard waits for its dismissal. */
export const guardFd = 3;
const dismissal = 'dismissed\n';

/**
 * Run by `sh` as the leader of a new process group, before it becomes the command.
 *
 * It first leaves a guard behind: a process of the same group (so the group's id cannot be recycled while the guard
 * lives), adopted by init (so the command has no child it does not know), deaf to polite signals, reading from a pipe
 * whose other end only the engine holds. A line dismisses it. End of file without one means that the engine is gone,
 * however it went: then it kills what escaped into other groups (found by the spawn id in their environment) and its
 * own group, itself included. Nothing here depends on what the command is or does.
 */
const script = (umask: string, redirections: string): string => `umask ${umask}
( ( trap '' HUP INT QUIT TERM
exec </dev/null >/dev/null 2>&1
read -r line <&${guardFd} || {
for file in $(timeout 1 grep -lsaF "III_EXEC_SPAWN=$III_EXEC_SPAWN" /proc/[0-9]*/environ); do
pid=\${file#/proc/}; pid=\${pid%/environ}
grep -qsaF ${guardMark} "/proc/$pid/cmdline" || kill -s KILL "$pid"
done
kill -s KILL -- "-$$" || kill -9 "-$$"
} ) & )
exec "$@" ${redirections}`;

/** The guard's pipe is nothing for the command. */
const plain = `${guardFd}<&-`;
/** The protocol moves to fds of its own; stdin is empty, and stdout goes where stderr goes. */
const channel = `${CHANNEL_FDS.input}<&0 ${CHANNEL_FDS.output}>&1 0</dev/null 1>&2`;

/** The command wrapped so that it and all its offspring die with the engine. */
export function guarded(command: Command, umask: string, env: Readonly<Record<string, string>>, offersChannel = false): readonly [file: string, ...args: string[]] {
  // Some shells drop variables whose names they could not use themselves (`a-b`); the command shall have them all the same.
  const unusable = Object.entries(env).filter(([name]) => !/^[A-Za-z_]\w*$/.test(name));
  const prefix = unusable.length === 0 ? [] : ['env', ...unusable.map(([name, value]) => `${name}=${value}`)];
  return ['/bin/sh', '-c', script(umask, offersChannel ? channel : plain), guardMark, ...prefix, ...command.argv];
}

/** What the engine keeps of a guard. */
export interface GuardPipe {
  end(line: string, onWritten: () => void): unknown;
  destroy(): unknown;
}

/** Tells a guard that its group was taken care of. */
export function dismissGuard(pipe: GuardPipe): void {
  pipe.end(dismissal, () => pipe.destroy());
}
