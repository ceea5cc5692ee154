import type { MotiaError } from '@motia/protocol';
import { invocationErrors } from '../errors/invocation-errors.js';
import type { Call, WaitingRoom } from './call.js';
import type { ExpiryTimers } from './expiry-timers.js';
import type { FunctionEntry } from './function-entry.js';

/** Milliseconds a call waits for a known function whose worker is restarting, when the caller says nothing. */
export const defaultParkMs = 5_000;

/** The waiting room for calls of known functions that no worker is ready to run. Bounded per function, never longer than the deadline. */
export class Parking implements WaitingRoom {
  readonly #timers: ExpiryTimers;
  readonly #limit: number;
  readonly #fail: (call: Call, error: MotiaError, nowMs: number) => void;

  constructor(timers: ExpiryTimers, limit: number, fail: (call: Call, error: MotiaError, nowMs: number) => void) {
    this.#timers = timers;
    this.#limit = limit;
    this.#fail = fail;
  }

  park(call: Call, nowMs: number): void {
    const { entry } = call;
    const waited = nowMs - call.startedAtMs;
    const waitMs = Math.min((call.options?.parkMs ?? defaultParkMs) - waited, call.deadlineAtMs - nowMs);
    if (!(waitMs > 0) || (entry.parked?.size ?? 0) >= this.#limit) {
      this.#fail(call, this.failureOf(call, nowMs), nowMs);
      return;
    }
    call.waitingIn = this;
    (entry.parked ??= new Set()).add(call);
    this.#timers.add(call, waitMs, nowMs);
  }

  /** Empties the room of one function: the calls are the taker's now, oldest first. */
  take(entry: FunctionEntry): readonly Call[] {
    const calls = [...(entry.parked ?? [])];
    for (const call of calls) {
      this.#timers.remove(call);
      this.leave(call);
    }
    return calls;
  }

  leave(call: Call): void {
    const { entry } = call;
    call.waitingIn = undefined;
    entry.parked?.delete(call);
    if (entry.parked?.size === 0) entry.parked = undefined;
  }

  failureOf(call: Call, nowMs: number): MotiaError {
    return invocationErrors.WORKER_UNAVAILABLE({ functionId: call.functionId, waitedMs: Math.round(nowMs - call.startedAtMs) });
  }
}
