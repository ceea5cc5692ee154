import type { WatchHost } from './watch-loop.js';

/** The parts of Node that a host is made of. */
export interface NodeParts {
  readonly process: Pick<NodeJS.Process, 'pid' | 'platform' | 'kill'>;
  readonly fs: Pick<typeof import('node:fs'), 'openSync' | 'readSync' | 'closeSync'>;
  readonly childProcess: () => Pick<typeof import('node:child_process'), 'execFileSync'>;
  readonly timers: { setInterval(callback: () => void, periodMs: number): NodeJS.Timeout; clearInterval(timer: NodeJS.Timeout): void };
  /** Whether the timer keeps its thread alive. */
  readonly isRefed: boolean;
}

/** Builds what `watchEngineProcess` needs. Its source text also runs in a worker thread: it may use nothing but its parameter. */
export function nodeWatchHost(parts: NodeParts): WatchHost {
  return {
    pid: parts.process.pid,
    platform: parts.process.platform,
    openSync: parts.fs.openSync,
    readSync: parts.fs.readSync,
    closeSync: parts.fs.closeSync,
    ps(args) {
      try {
        return parts
          .childProcess()
          .execFileSync('ps', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], env: { PATH: '/bin:/usr/bin', LC_ALL: 'C' } })
          .trim();
      } catch {
        return '';
      }
    },
    kill(pid, signal) {
      parts.process.kill(pid, signal);
    },
    setInterval(callback, periodMs) {
      const timer = parts.timers.setInterval(callback, periodMs);
      if (!parts.isRefed) timer.unref();
      return timer;
    },
    clearInterval(timer) {
      parts.timers.clearInterval(timer as NodeJS.Timeout);
    },
  };
}
