import type { Trigger } from '@motia/engine-core/contract';
import type { ClaimedCall } from './due-calls.js';
import { pauseMs } from './delivery-policy.js';

/** Calls of one trigger that run at one time. */
export const maxPerTrigger = 64;

/** How much of one trigger may run. Closes for a while when nobody is there to run it, then lets one through to see. */
export class TriggerGate {
  trigger: Trigger;
  running = 0;
  /** Claimed, and waiting for room. */
  readonly waiting: ClaimedCall[] = [];
  /** On the monotonic scale. */
  pausedUntilMs = 0;
  #pauses = 0;

  constructor(trigger: Trigger) {
    this.trigger = trigger;
  }

  /** False from the first time that nobody was there until somebody was. */
  get isOpen(): boolean {
    return this.#pauses === 0;
  }

  /** How many more may run now. */
  room(monotonicMs: number): number {
    if (monotonicMs < this.pausedUntilMs) return 0;
    return Math.max(0, (this.#pauses > 0 ? 1 : maxPerTrigger) - this.running);
  }

  /** How many more may be claimed. */
  appetite(monotonicMs: number): number {
    return Math.max(0, this.room(monotonicMs) - this.waiting.length);
  }

  /** Nobody was there. Calls that were under way together count once. */
  pause(monotonicMs: number, random: number): void {
    if (monotonicMs < this.pausedUntilMs) return;
    this.#pauses += 1;
    this.pausedUntilMs = monotonicMs + pauseMs(this.#pauses, random);
  }

  /** Somebody was there, or may be. */
  reopen(): void {
    this.#pauses = 0;
    this.pausedUntilMs = 0;
  }
}
