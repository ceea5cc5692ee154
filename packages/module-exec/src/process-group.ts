import { spawn, type ChildProcess } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import kill from 'tree-kill';
import { channelVariable } from './channel-offer.js';
import type { Command } from './command.js';
import { execErrors } from './errors.js';
import type { ExitStatus } from './exit-status.js';
import { dismissGuard, guarded, guardFd, guardMark, type GuardPipe } from './guard.js';
import { commandLineOf, readProcessTable, startTimeOf, type ProcessEntry } from './process-table.js';

export interface SpawnOptions {
  readonly command: Command;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly umask: string;
  /** Whether the command gets a stdin that stays open. */
  readonly input: 'pipe' | 'ignore';
  /** The command takes the protocol from fds of its own; see `channel-offer.ts`. Default false. */
  readonly offersChannel?: boolean;
}

const isPosix = process.platform !== 'win32';

/** A command that leads its own process group and session, with a guard that outlives the engine. */
export class ProcessGroup {
  readonly pid: number;
  readonly startTime: string;
  readonly input: Writable | null;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** When the leader ended. Others of its group may live on. Never rejects. */
  readonly exited: Promise<ExitStatus>;
  #status: ExitStatus | undefined;
  readonly #guard: GuardPipe | undefined;
  #guardPid: number | undefined;

  constructor(readonly command: Command, child: ChildProcess & { readonly pid: number }) {
    this.pid = child.pid;
    this.startTime = startTimeOf(child.pid) ?? '';
    this.input = child.stdin;
    this.stdout = child.stdout as Readable;
    this.stderr = child.stderr as Readable;
    for (const stream of [child.stdin, child.stdout, child.stderr, child.stdio[guardFd]]) stream?.on('error', ignoreBrokenPipe);
    this.#guard = child.stdio[guardFd] as Writable | undefined;
    (this.#guard as { unref?: () => void } | undefined)?.unref?.();
    this.exited = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        this.#status = { code, signal };
        resolve(this.#status);
      });
    });
  }

  /** Set once the leader ended. */
  get status(): ExitStatus | undefined {
    return this.#status;
  }

  /** Signals every process of the group; false when there is none left. On Windows the tree below the leader. */
  signal(signal: NodeJS.Signals): boolean {
    if (!isPosix) {
      if (this.#status === undefined) kill(this.pid, signal);
      return this.#status === undefined;
    }
    try {
      return process.kill(-this.pid, signal);
    } catch {
      return false;
    }
  }

  /** Kills the leader's tree as its parent links tell it: reaches children that moved to groups of their own. */
  killTree(): Promise<void> {
    if (this.#status !== undefined) return Promise.resolve();
    return new Promise((resolve) => kill(this.pid, 'SIGKILL', () => resolve()));
  }

  /** Who is alive in the group, the guard aside. */
  async members(): Promise<readonly ProcessEntry[]> {
    if (!isPosix) return [];
    const group = (await readProcessTable()).filter((entry) => entry.groupId === this.pid && !entry.isZombie);
    if (this.#guardPid === undefined) {
      for (const { pid } of group) {
        if (pid !== this.pid && (await commandLineOf(pid)).includes(guardMark)) this.#guardPid = pid;
      }
    }
    return group.filter((entry) => entry.pid !== this.#guardPid);
  }

  /** Before the wrapping shell has become the command. */
  async isStillWrapped(): Promise<boolean> {
    return isPosix && (await commandLineOf(this.pid)).includes(guardMark);
  }

  /** For when the group is empty: the guard goes too, and with it the last claim on the group's id. */
  dismiss(): void {
    if (this.#guard !== undefined) dismissGuard(this.#guard);
  }
}

/** Starts a command. @throws MotiaError `MOTIA_EXEC_SPAWN_FAILED` */
export async function spawnGroup(options: SpawnOptions): Promise<ProcessGroup> {
  const { command, cwd } = options;
  const offersChannel = isPosix && options.offersChannel === true;
  const env = offersChannel ? { ...options.env, ...channelVariable } : options.env;
  const [file, ...args] = isPosix ? guarded(command, options.umask, env, offersChannel) : command.argv;
  const child = spawn(file, args, {
    cwd,
    env,
    detached: isPosix,
    shell: !isPosix && command.isShell,
    windowsHide: true,
    stdio: [options.input, 'pipe', 'pipe', ...(isPosix ? (['pipe'] as const) : [])],
  });
  if (child.pid !== undefined) {
    child.on('error', ignoreBrokenPipe);
    return new ProcessGroup(command, child as ChildProcess & { readonly pid: number });
  }
  const error = await new Promise<Error>((resolve) => child.once('error', resolve));
  throw execErrors.SPAWN_FAILED({ command: command.text, cwd, reason: error.message }, error);
}

/** A pipe breaks when its process ends, which `exited` and the stream's end tell already. */
function ignoreBrokenPipe(): void {}
