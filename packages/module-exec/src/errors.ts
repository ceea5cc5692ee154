import { defineErrors } from '@motia/engine-core/contract';

/** What errors about a command have in common. */
export interface CommandFailure {
  readonly command: string;
  /** How it ended, in words: `exit code 1`, `signal SIGSEGV`. */
  readonly status: string;
  /** Last lines it wrote to stderr, oldest first. */
  readonly stderr: readonly string[];
}

const longestExcerpt = 24;
const errorLine = /FATAL ERROR|\b[A-Z]\w*(Error|Exception)\b|\bMOTIA_[A-Z]+_[A-Z_]+\b|^\s*(?:\S+\s)?\[?(?:error|fatal|panic)\b/i;
/** What a build says when it went well. */
const healthyLine = /^Built \d+ step files?\b/;

/**
 * What tells most: the first line that reads like an error with the source lines above it and all that follows, else the
 * last lines. Of more than 24 lines the first and the last half.
 */
function telling(stderr: readonly string[]): readonly string[] {
  const lines = stderr.filter((line) => line.trim() !== '' && !healthyLine.test(line));
  const at = lines.findIndex((line) => errorLine.test(line));
  if (at === -1) return lines.slice(-longestExcerpt);
  // Node shows the source above the error, and a code above everything else.
  const excerpt = lines.slice(/\bMOTIA_[A-Z]+_[A-Z_]+: /.test(lines[at] ?? '') ? at : Math.max(0, at - 3));
  if (excerpt.length <= longestExcerpt) return excerpt;
  const half = longestExcerpt / 2;
  return [...excerpt.slice(0, half), `… ${excerpt.length - longestExcerpt} lines …`, ...excerpt.slice(-half)];
}

function withStderr(text: string, stderr: readonly string[]): string {
  return [text, ...telling(stderr).map((line) => `  | ${line}`)].join('\n');
}

/** Conditions of ExecModule, shown as `MOTIA_EXEC_<key>`. */
export const execErrors = defineErrors('EXEC', {
  COMMAND_FAILED: {
    status: 500, retryable: false, since: '0.1.0',
    message: (d: CommandFailure) => withStderr(`command "${d.command}" ended with ${d.status}, so the commands after it did not run`, d.stderr),
    remedy: 'Run the command in a terminal in the same folder and fix what it reports.',
  },
  COMMAND_TIMEOUT: {
    status: 500, retryable: false, since: '0.1.0',
    message: (d: { command: string; timeoutMs: number; stderr: readonly string[] }) =>
      withStderr(`command "${d.command}" did not end within ${d.timeoutMs} ms and was stopped`, d.stderr),
    remedy: 'Only the last entry of `exec` may run on; raise `command_timeout_ms` for a slow build.',
  },
  COMMAND_NOT_FOUND: {
    status: 500, retryable: false, since: '0.1.0',
    message: (d: CommandFailure) => withStderr(`command "${d.command}" could not be started (${d.status})`, d.stderr),
    remedy: 'Check the spelling, `cwd`, and that the program is installed and executable.',
  },
  SPAWN_FAILED: {
    status: 500, retryable: false, since: '0.1.0',
    message: (d: { command: string; cwd: string; reason: string }) => `command "${d.command}" could not be started in ${d.cwd}: ${d.reason}`,
    remedy: 'Check that the folder `cwd` exists and that the system allows more processes.',
  },
  PROCESS_EXITED: {
    status: 502, retryable: true, since: '0.1.0',
    message: (d: CommandFailure & { uptimeMs: number }) =>
      withStderr(`process "${d.command}" ended by itself with ${d.status} after ${Math.round(d.uptimeMs)} ms`, d.stderr),
    remedy: 'The last entry of `exec` has to run until it is told to stop; see its last output.',
  },
  PROCESS_START_FAILED: {
    status: 502, retryable: false, since: '0.1.0',
    message: (d: CommandFailure & { uptimeMs: number }) =>
      withStderr(`process "${d.command}" ended before it was ready, with ${d.status} after ${Math.round(d.uptimeMs)} ms`, d.stderr),
    remedy: 'Fix what it reports; in development saving a watched file tries again.',
  },
  PROCESS_KILLED: {
    status: 502, retryable: true, since: '0.1.0',
    message: (d: CommandFailure & { uptimeMs: number }) =>
      withStderr(`process "${d.command}" was killed from outside (${d.status}) after ${Math.round(d.uptimeMs)} ms`, d.stderr),
    remedy: 'Nothing to do when you sent the signal; if nobody did, see whether the system ran out of memory (`dmesg`, the limit of the container).',
  },
  PROCESS_OUT_OF_MEMORY: {
    status: 502, retryable: true, since: '0.1.0',
    message: (d: CommandFailure & { uptimeMs: number }) =>
      withStderr(`process "${d.command}" ran out of memory (${d.status}) after ${Math.round(d.uptimeMs)} ms`, d.stderr),
    remedy: 'Give it more memory (for Node `--max-old-space-size`), or set `memory_limit_mb` so that it is replaced in time.',
  },
  PROCESS_HUNG: {
    status: 502, retryable: true, since: '0.1.0',
    message: (d: { command: string; reason: string }) => `process "${d.command}" was killed: ${d.reason}`,
    remedy: 'Move long computations off the event loop (a worker thread), or raise `heartbeat_interval_ms`.',
  },
  PROCESS_FAULTY: {
    status: 502, retryable: true, since: '0.1.0',
    message: (d: { command: string; reason: string }) => `process "${d.command}" was killed: ${d.reason}`,
    remedy: 'Something writes to the connection beside the SDK: start the program through `motia dev|start`, which keeps its output apart.',
  },
  PROCESS_DISCONNECTED: {
    status: 502, retryable: true, since: '0.1.0',
    message: (d: { command: string; stderr: readonly string[] }) =>
      withStderr(`process "${d.command}" closed its connection without ending, and was killed`, d.stderr),
    remedy: 'Do not close or replace stdout of a process that speaks the protocol.',
  },
  RESTARTS_EXHAUSTED: {
    status: 503, retryable: true, since: '0.1.0',
    message: (d: { command: string; crashes: number; windowMs: number; last: string }) =>
      `process "${d.command}" failed ${d.crashes} times within ${d.windowMs / 1000} s and is not started again; last failure: ${d.last}`,
    remedy: 'Fix the cause, then save a watched file or call `engine::processes::restart`.',
  },
  STOPPING: {
    status: 503, retryable: true, since: '0.1.0',
    message: () => 'processes are being stopped, so nothing is started any more',
    remedy: 'Try again when the engine is up.',
  },
});
