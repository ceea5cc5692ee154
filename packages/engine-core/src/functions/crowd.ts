import { isWireValue, type MotiaError } from '@motia/protocol';
import { invocationErrors } from '../errors/invocation-errors.js';
import type { Call, WaitingRoom } from './call.js';
import type { ExpiryTimers } from './expiry-timers.js';
import type { FunctionEntry } from './function-entry.js';

export interface CrowdLimits {
  readonly crowdedWaitMs: number;
  readonly maxCrowdedBytes: number;
  /** Calls of one function. */
  readonly maxParkedCalls: number;
}

/** What a payload counts whose size nobody knows before it is written. */
const assumedBytes = 4096;

/**
 * The waiting room for calls whose workers do not keep up: a burst of large bodies is over in a moment, and a refusal
 * would only bring it back. Bounded in time, calls and bytes (R2), first come, first served.
 */
export class Crowd implements WaitingRoom {
  readonly #timers: ExpiryTimers;
  readonly #limits: CrowdLimits;
  readonly #entries = new Set<FunctionEntry>();
  #bytes = 0;

  constructor(timers: ExpiryTimers, limits: CrowdLimits) {
    this.#timers = timers;
    this.#limits = limits;
  }

  get isEmpty(): boolean {
    return this.#entries.size === 0;
  }

  /** Functions that have calls waiting. */
  entries(): readonly FunctionEntry[] {
    return [...this.#entries];
  }

  /** False when the call cannot wait, and is to be sent or refused now. */
  admit(call: Call, nowMs: number): boolean {
    const { entry } = call;
    const { crowdedWaitMs, maxCrowdedBytes, maxParkedCalls } = this.#limits;
    const bytes = sizeOf(call.payload);
    const waitMs = Math.min(crowdedWaitMs, call.deadlineAtMs - nowMs);
    if (!(waitMs > 0) || this.#bytes + bytes > maxCrowdedBytes || (entry.crowded?.size ?? 0) >= maxParkedCalls) return false;
    this.#bytes += bytes;
    call.waitingIn = this;
    (entry.crowded ??= new Set()).add(call);
    this.#entries.add(entry);
    this.#timers.add(call, waitMs, nowMs);
    return true;
  }

  /** The call that has waited longest for this function. */
  first(entry: FunctionEntry): Call | undefined {
    return entry.crowded?.values().next().value;
  }

  leave(call: Call): void {
    const { entry } = call;
    if (entry.crowded?.delete(call) !== true) return;
    call.waitingIn = undefined;
    this.#bytes -= sizeOf(call.payload);
    if (entry.crowded.size > 0) return;
    entry.crowded = undefined;
    this.#entries.delete(entry);
  }

  failureOf({ entry, functionId }: Call): MotiaError {
    return invocationErrors.WORKER_BACKPRESSURE({ functionId, worker: entry.pick()?.label ?? entry.owner });
  }
}

function sizeOf(payload: unknown): number {
  if (typeof payload === 'string') return payload.length;
  return isWireValue(payload) ? (payload.raw?.bytes.byteLength ?? assumedBytes) : assumedBytes;
}
