/** How a process ended. */
export interface ExitStatus {
  readonly code: number | null;
  readonly signal: string | null;
}

export type ExitKind = 'clean' | 'failed' | 'not-found' | 'out-of-memory';

/**
 * Sorts an end that we did not cause. 126 and 127 are the shell's "not executable" and "not found"; SIGABRT and SIGKILL
 * (134 and 137 through a shell) are how V8 and the kernel end a process that is out of memory.
 */
export function classifyExit(status: ExitStatus): ExitKind {
  if (status.signal === 'SIGABRT' || status.signal === 'SIGKILL' || status.code === 134 || status.code === 137) return 'out-of-memory';
  if (status.code === 126 || status.code === 127) return 'not-found';
  return status.code === 0 ? 'clean' : 'failed';
}

/** In words: `exit code 1`, `signal SIGKILL`. */
export function describeExit(status: ExitStatus): string {
  return status.signal === null ? `exit code ${status.code ?? 'unknown'}` : `signal ${status.signal}`;
}
