import { isMotiaError, messageOf, type MotiaError } from '@motia/engine-core/contract';
import type { DeliveryOptions } from '../delivery/delivery-options.js';
import { isSpent } from '../delivery/loss-policy.js';
import { backoffDelayMs, longestRetryAfterMs } from '../delivery/retry-policy.js';

/** What a delivery that did not end well means for its job. */
export type Verdict =
  | { readonly kind: 'again'; readonly counts: 'attempt' | 'loss'; readonly delayMs: number }
  | { readonly kind: 'dead'; readonly counts: 'attempt' | 'loss' }
  /** Nothing happened, or nothing that the job is to blame for. */
  | { readonly kind: 'released'; readonly delayMs: number };

export interface Standing {
  /** The function that was called, and its condition: the same errors of calls that these made are failures of theirs. */
  readonly functionIds: readonly string[];
  /** Failed before this delivery. */
  readonly attempts: number;
  readonly losses: number;
  /** Deliveries before this one that counted nothing. */
  readonly releases: number;
  readonly options: DeliveryOptions;
  readonly random: () => number;
  /** Other deliveries that the same process took with it when it died. */
  readonly companions?: number;
}

/** A function that could not be called is asked again after this; it may be known to be away by then. Doubled each time, unless its process is only busy. */
const firstPauseMs = 50;
const longestPauseMs = 5_000;
/** The call did not reach a handler. */
const notStarted = new Set([
  'MOTIA_ENGINE_WORKER_UNAVAILABLE', 'MOTIA_ENGINE_WORKER_BACKPRESSURE', 'MOTIA_ENGINE_FUNCTION_NOT_FOUND', 'MOTIA_ENGINE_STOPPED', 'MOTIA_SDK_WORKER_DRAINING',
]);

/** Judges the error that a delivery ended with. The engine's own end (drain, stop) is not judged here: that is a release. */
export function judge(error: MotiaError, { functionIds, attempts, losses, releases, options, random, companions = 0 }: Standing): Verdict {
  const isOwn = isOwnCall(error, functionIds);
  if (isOwn && notStarted.has(error.code)) return { kind: 'released', delayMs: error.code === 'MOTIA_ENGINE_WORKER_BACKPRESSURE' ? firstPauseMs : pauseMs(releases) };
  if (isOwn && error.code === 'MOTIA_ENGINE_WORKER_LOST') {
    if (wasToldToGo(error)) return { kind: 'released', delayMs: 0 };
    return isSpent(losses + 1, options.maxLosses, companions) ? { kind: 'dead', counts: 'loss' } : { kind: 'again', counts: 'loss', delayMs: 0 };
  }
  const failed = attempts + 1;
  if (isFinal(error) || failed > options.maxRetries) return { kind: 'dead', counts: 'attempt' };
  return { kind: 'again', counts: 'attempt', delayMs: retryAfterMs(error) ?? backoffDelayMs(options, failed, random) };
}

function pauseMs(releases: number): number {
  return Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(Math.max(0, releases), 10));
}

/**
 * Whether the handler said that no attempt can succeed: an error that is its own (a code that is not `MOTIA_…`) or the SDK's,
 * with `retryable: false`. Errors of the engine's functions that a handler did not catch say nothing about its message.
 */
export function isFinal(error: MotiaError): boolean {
  return !error.retryable && (!error.code.startsWith('MOTIA_') || error.code.startsWith('MOTIA_SDK_'));
}

/** Milliseconds that the handler asked for in `details.retryAfterMs`, in place of the backoff. */
export function retryAfterMs(error: MotiaError): number | undefined {
  const wanted = detailOf(error, 'retryAfterMs');
  return typeof wanted === 'number' && wanted >= 0 ? Math.min(Math.round(wanted), longestRetryAfterMs) : undefined;
}

/** The process was ended by a reload or a drain, and the delivery took too long for it. */
export function wasToldToGo(error: MotiaError): boolean {
  return detailOf(error, 'reason') === 'left';
}

/** Which process died; undefined for errors that are no loss. `functionIds` as in {@link Standing}. */
export function lostWorker(error: MotiaError, functionIds: readonly string[]): string | undefined {
  return error.code === 'MOTIA_ENGINE_WORKER_LOST' && isOwnCall(error, functionIds) && !wasToldToGo(error) ? String(detailOf(error, 'worker')) : undefined;
}

/** Errors that name no function are the engine's own: it is stopping. */
function isOwnCall(error: MotiaError, functionIds: readonly string[]): boolean {
  const functionId = detailOf(error, 'functionId');
  return functionId === undefined || functionIds.includes(functionId as string);
}

/** A job with one loss left might be what kills its process: it is delivered alone, so that no other pays for it. */
export function isSuspect(losses: number, { maxLosses }: Pick<DeliveryOptions, 'maxLosses'>): boolean {
  return maxLosses > 1 && losses >= maxLosses - 1;
}

/** Anything thrown, as a coded error. */
export function toCoded(thrown: unknown, wrap: (reason: string) => MotiaError): MotiaError {
  return isMotiaError(thrown) ? thrown : wrap(messageOf(thrown));
}

function detailOf(error: MotiaError, key: string): unknown {
  return typeof error.details === 'object' && error.details !== null ? (error.details as Readonly<Record<string, unknown>>)[key] : undefined;
}
