/** How a process ended. */
export interface ExitStatus {
  readonly code: number | null;
  readonly signal: string | null;
}

export type ExitKind = 'clean' | 'failed' | 'not-found' | 'killed' | 'out-of-memory';

const memoryWords = /out of memory|\bENOMEM\b|std::bad_alloc|oom-kill/i;

/**
 * Sorts an end that we did not cause. 126 and 127 are the shell's "not executable" and "not found". SIGABRT (134 through
 * a shell) is how V8 ends a process whose heap is full, SIGKILL (137) how the kernel does it, and anybody else: memory
 * is only blamed when the last words (`stderr`) do.
 */
export function classifyExit(status: ExitStatus, stderr: readonly string[] = []): ExitKind {
  const isAbort = status.signal === 'SIGABRT' || status.code === 134;
  const isKill = status.signal === 'SIGKILL' || status.code === 137;
  if ((isAbort || isKill) && stderr.some((line) => memoryWords.test(line))) return 'out-of-memory';
  if (isKill) return 'killed';
  if (status.code === 126 || status.code === 127) return 'not-found';
  return status.code === 0 ? 'clean' : 'failed';
}

/** In words: `exit code 1`, `signal SIGKILL`. */
export function describeExit(status: ExitStatus): string {
  if (status.signal !== null) return `signal ${status.signal}`;
  // A shell reports the end of its child by a signal so.
  return status.code === 137 ? 'exit code 137, SIGKILL' : `exit code ${status.code ?? 'unknown'}`;
}
