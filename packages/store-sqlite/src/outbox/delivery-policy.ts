import { isMotiaError } from '@motia/engine-core/contract';

/** What becomes of a call whose delivery failed. */
export type DeliveryVerdict =
  /** Nobody was there to run it: it stays due, and its trigger pauses. */
  | { readonly kind: 'unavailable' }
  /** The process that ran it went away. */
  | { readonly kind: 'lost' }
  /** The function failed. */
  | { readonly kind: 'failed'; readonly retryAfterMs?: number }
  /** The function said that another attempt cannot succeed. */
  | { readonly kind: 'hopeless' };

/** Attempts after the first that a failing function gets. */
export const maxFailureRetries = 3;
/** Processes that may be lost over one call before it is taken for their cause. */
export const maxLosses = 10;

const unavailable: ReadonlySet<string> = new Set([
  'MOTIA_ENGINE_FUNCTION_NOT_FOUND', 'MOTIA_ENGINE_WORKER_UNAVAILABLE', 'MOTIA_ENGINE_WORKER_BACKPRESSURE', 'MOTIA_ENGINE_STOPPED', 'MOTIA_ENGINE_CANCELLED',
]);
const longestPauseMs = 5_000;
const longestRetryMs = 60_000;
const longestAskedMs = 3_600_000;

/** @param functionIds the function of the call and of its condition: the same errors of calls that these make are their own failures */
export function judgeDelivery(error: unknown, functionIds: readonly (string | undefined)[]): DeliveryVerdict {
  if (!isMotiaError(error)) return { kind: 'failed' };
  const { functionId, retryAfterMs } = (typeof error.details === 'object' && error.details !== null ? error.details : {}) as { readonly functionId?: unknown; readonly retryAfterMs?: unknown };
  const isOwn = functionId === undefined || functionIds.includes(functionId as string);
  if (isOwn && error.code === 'MOTIA_ENGINE_WORKER_LOST') return { kind: 'lost' };
  if (error.code === 'MOTIA_ENGINE_STOPPED' || (isOwn && unavailable.has(error.code))) return { kind: 'unavailable' };
  // Plain errors of functions inside the engine say nothing about another attempt.
  if (!error.retryable && error.code !== 'MOTIA_ENGINE_HANDLER_FAILED') return { kind: 'hopeless' };
  return typeof retryAfterMs === 'number' && retryAfterMs >= 0 ? { kind: 'failed', retryAfterMs: Math.min(retryAfterMs, longestAskedMs) } : { kind: 'failed' };
}

/** Until a trigger without anybody to run it is tried again; `pauses` counts from 1. */
export function pauseMs(pauses: number, random: number): number {
  return jittered(Math.min(longestPauseMs, 250 * 2 ** (pauses - 1)), random);
}

/** Until a call is tried again whose function failed, or whose process was lost; `times` counts from 1. */
export function retryDelayMs(times: number, random: number): number {
  return jittered(Math.min(longestRetryMs, 1_000 * 2 ** (times - 1)), random);
}

/** Between half of it and the whole: calls that failed together do not come back together. */
function jittered(delayMs: number, random: number): number {
  return Math.round(delayMs * (0.5 + random / 2));
}
