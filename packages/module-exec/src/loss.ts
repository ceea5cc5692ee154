import type { MotiaError } from '@motia/engine-core/contract';
import { execErrors } from './errors.js';
import { classifyExit, describeExit, type ExitKind, type ExitStatus } from './exit-status.js';

/** Why a process is not there any more although nobody stopped it. */
export interface Loss {
  readonly error: MotiaError;
  /** Starting it again would end the same way: the program is missing, or it lives but does not speak. */
  readonly isDefinitive: boolean;
}

/**
 * It ended by itself. `wasReady`: it had come up, so its end is a crash and no failed start. `wasWorker`: it had spoken,
 * so the program is there and 127 is its own exit code.
 */
export function lossByExit(end: {
  readonly command: string;
  readonly status: ExitStatus;
  readonly uptimeMs: number;
  readonly stderr: readonly string[];
  readonly wasReady: boolean;
  readonly wasWorker: boolean;
}): Loss {
  const details = { command: end.command, status: describeExit(end.status), uptimeMs: end.uptimeMs, stderr: [...end.stderr] };
  const kind = classifyExit(end.status, end.stderr);
  if (kind === 'not-found' && !end.wasWorker) return { error: execErrors.COMMAND_NOT_FOUND(details), isDefinitive: true };
  return { error: conditionOf(kind, end.wasReady)(details), isDefinitive: false };
}

function conditionOf(kind: ExitKind, wasReady: boolean) {
  if (kind === 'out-of-memory') return execErrors.PROCESS_OUT_OF_MEMORY;
  if (kind === 'killed') return execErrors.PROCESS_KILLED;
  return wasReady || kind === 'clean' ? execErrors.PROCESS_EXITED : execErrors.PROCESS_START_FAILED;
}

/** The engine closed the connection: before `wasReady` the handshake failed, and would fail again; later a heartbeat or the protocol did. */
export function lossByRefusal(end: { readonly command: string; readonly reason: 'hung' | 'faulty'; readonly cause: MotiaError | undefined; readonly wasReady: boolean }): Loss {
  const condition = end.reason === 'hung' ? execErrors.PROCESS_HUNG : execErrors.PROCESS_FAULTY;
  const error = condition({ command: end.command, reason: end.cause?.message ?? end.reason }, end.cause);
  return end.wasReady ? { error, isDefinitive: false } : { error: end.cause ?? error, isDefinitive: true };
}

/** It closed the connection and lives on. */
export function lossByDisconnect(end: { readonly command: string; readonly stderr: readonly string[]; readonly cause: MotiaError | undefined; readonly wasReady: boolean }): Loss {
  return { error: execErrors.PROCESS_DISCONNECTED({ command: end.command, stderr: [...end.stderr] }, end.cause), isDefinitive: !end.wasReady };
}
