import type { SseEvent } from './event-text.js';

type Event = SseEvent | string;
const done: IteratorResult<Event> = { done: true, value: undefined };

/** Events that are sent rather than given: an iterator over them. Each `send` waits until its event was taken. */
export class PushedEvents implements AsyncIterator<Event> {
  readonly #signal: AbortSignal;
  readonly #waiting: { readonly event: Event; readonly taken: () => void }[] = [];
  #wanted: { readonly resolve: (result: IteratorResult<Event>) => void; readonly reject: (error: unknown) => void } | undefined;
  #end: { readonly error?: unknown } | undefined;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  /** @throws the reason of the signal when the client has gone */
  async send(event: Event): Promise<void> {
    this.#signal.throwIfAborted();
    const wanted = this.#wanted;
    if (wanted !== undefined) {
      this.#wanted = undefined;
      wanted.resolve({ done: false, value: event });
      return;
    }
    if (this.#end === undefined) await new Promise<void>((taken) => this.#waiting.push({ event, taken }));
  }

  end(): void {
    this.#end ??= {};
    if (this.#waiting.length === 0) this.#wanted?.resolve(done);
  }

  fail(error: unknown): void {
    this.#end ??= { error };
    this.#wanted?.reject(error);
  }

  async next(): Promise<IteratorResult<Event>> {
    const first = this.#waiting.shift();
    if (first !== undefined) {
      first.taken();
      return { done: false, value: first.event };
    }
    if (this.#end !== undefined) {
      if ('error' in this.#end) throw this.#end.error;
      return done;
    }
    return new Promise((resolve, reject) => (this.#wanted = { resolve, reject }));
  }

  return(): Promise<IteratorResult<Event>> {
    this.#end ??= {};
    for (const { taken } of this.#waiting.splice(0)) taken();
    return Promise.resolve(done);
  }
}
