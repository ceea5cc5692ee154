/** Whom to watch, and how far to go when it is gone. */
export interface WatchTarget {
  readonly enginePid: number;
  /** Start time as in `/proc/<pid>/stat` field 22; elsewhere the first look sets what later ones are compared to. */
  readonly engineStart?: string | undefined;
  /** Kill our whole process group, unless the engine is in it too. */
  readonly killsGroup: boolean;
  /** Milliseconds between two looks. */
  readonly pollMs: number;
}

interface Timer {
  unref?(): unknown;
}

/** All that the loop may touch; both a main thread and a bare worker thread can offer it. */
export interface WatchHost {
  readonly pid: number;
  readonly platform: string;
  openSync(path: string, flags: string): number;
  readSync(fd: number, buffer: Uint8Array, offset: number, length: number, position: number): number;
  closeSync(fd: number): void;
  /** Output of `ps` with these arguments, trimmed; empty when there is no such process. */
  ps(args: readonly string[]): string;
  /** Signal 0 only asks whether the process exists. Throws when it does not. */
  kill(pid: number, signal: 0 | 'SIGKILL'): void;
  setInterval(callback: () => void, periodMs: number): Timer;
  clearInterval(timer: Timer): void;
  /** Called once before the kill, with what is about to be killed. */
  onEngineGone?(victim: 'group' | 'process'): void;
}

export interface EngineWatch {
  /** Looks now rather than at the next turn of the timer. */
  look(): void;
  /** Stops looking. Idempotent. */
  stop(): void;
}

/**
 * Looks at the engine every `pollMs` and SIGKILLs us once it is gone: a zombie counts as gone, and so does a process
 * that merely has the same pid.
 *
 * Its source text also runs in a worker thread, so it may use nothing but its parameters.
 */
export function watchEngineProcess(host: WatchHost, target: WatchTarget): EngineWatch {
  /** Every this many looks `ps` compares start times where there is no /proc. */
  const looksPerStartCheck = 20;
  const buffer = new Uint8Array(1024);

  function readStat(fd: number): string[] | undefined {
    let length = 0;
    try {
      length = host.readSync(fd, buffer, 0, buffer.length, 0);
    } catch {
      return undefined;
    }
    let text = '';
    for (let index = 0; index < length; index += 1) text += String.fromCharCode(buffer[index] ?? 0);
    // The name in parentheses may hold spaces and parentheses itself; after it come state (3), ppid (4), pgrp (5), … start (22).
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  }

  function openStat(pid: number | 'self'): number | undefined {
    try {
      return host.openSync(`/proc/${pid}/stat`, 'r');
    } catch {
      return undefined;
    }
  }

  function groupOf(pid: number): string | undefined {
    if (host.platform !== 'linux') return host.ps(['-o', 'pgid=', '-p', String(pid)]) || undefined;
    const fd = openStat(pid);
    if (fd === undefined) return undefined;
    const fields = readStat(fd);
    host.closeSync(fd);
    return fields?.[2];
  }

  function answersSignals(): boolean {
    try {
      host.kill(target.enginePid, 0);
      return true;
    } catch (error) {
      return (error as { code?: string }).code === 'EPERM';
    }
  }

  // An open /proc file stays bound to its process: after its death reads fail even when the pid is in use again.
  const engineStat = host.platform === 'linux' ? openStat(target.enginePid) : undefined;
  let looks = 0;
  let firstStart: string | undefined;

  function isAlive(): boolean {
    if (host.platform === 'linux') {
      const fields = engineStat === undefined ? undefined : readStat(engineStat);
      if (fields === undefined || fields[0] === 'Z' || fields[0] === 'X') return false;
      return target.engineStart === undefined || fields[19] === target.engineStart;
    }
    if (!answersSignals()) return false;
    looks += 1;
    if (host.platform === 'win32' || looks % looksPerStartCheck !== 1) return true;
    const start = host.ps(['-o', 'lstart=', '-p', String(target.enginePid)]);
    firstStart ??= start;
    return start === firstStart;
  }

  const canKillGroup = target.killsGroup && host.platform !== 'win32';
  const ownGroup = canKillGroup ? groupOf(host.pid) : undefined;
  const engineGroup = canKillGroup ? groupOf(target.enginePid) : undefined;

  function look(): void {
    if (isStopped || isAlive()) return;
    stop();
    // Not knowing the engine's group, we cannot rule out that it is ours.
    const victim = ownGroup !== undefined && engineGroup !== undefined && ownGroup !== engineGroup ? 'group' : 'process';
    host.onEngineGone?.(victim);
    try {
      if (victim === 'group') host.kill(-Number(ownGroup), 'SIGKILL');
    } finally {
      host.kill(host.pid, 'SIGKILL');
    }
  }

  let isStopped = false;
  function stop(): void {
    if (isStopped) return;
    isStopped = true;
    host.clearInterval(timer);
    if (engineStat !== undefined) host.closeSync(engineStat);
  }

  const timer = host.setInterval(look, target.pollMs);
  look();
  return { look, stop };
}
