import type { IncomingInvoke } from '../endpoint.js';
import type { InvokeParams } from '../generated/messages.js';
import type { WireValue } from '../wire-value.js';

/** A call of the peer that a handler is working on. */
export class IncomingCall implements IncomingInvoke {
  #cancelReason: string | undefined;
  #listener: ((reason: string) => void) | undefined;
  readonly #startedAtMs: number;

  constructor(
    readonly params: Omit<InvokeParams, 'payload'>,
    readonly payload: WireValue | unknown,
    readonly expectsReply: boolean,
  ) {
    this.#startedAtMs = params.timed === true ? performance.now() : 0;
  }

  /** Milliseconds since the frame was read; undefined when nobody asked. */
  get handlerMs(): number | undefined {
    return this.params.timed === true ? performance.now() - this.#startedAtMs : undefined;
  }

  onCancel(listener: (reason: string) => void): void {
    if (this.#cancelReason !== undefined) listener(this.#cancelReason);
    else this.#listener = listener;
  }

  /** Tells the handler once. */
  cancel(reason: string): void {
    if (this.#cancelReason !== undefined) return;
    this.#cancelReason = reason;
    this.#listener?.(reason);
  }
}
