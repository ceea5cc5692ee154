import type { OutgoingInvoke } from '../endpoint.js';
import type { MotiaError } from '../errors.js';
import { InFlightMap } from '../in-flight-map.js';

type Settle = (value: unknown) => void;
let takenResolve: Settle;
let takenReject: Settle;
/** One executor for all calls: no closure is made per call. */
const take = (resolve: Settle, reject: Settle): void => {
  takenResolve = resolve;
  takenReject = reject;
};

/** A call that waits for its answer. */
export class OutgoingCall implements OutgoingInvoke {
  readonly result: Promise<unknown>;
  readonly resolve: Settle;
  readonly reject: Settle;
  handlerMs: number | undefined = undefined;

  constructor(
    private readonly calls: OutgoingCalls,
    readonly id: string,
    readonly wantsWire: boolean,
  ) {
    this.result = new Promise(take);
    this.resolve = takenResolve;
    this.reject = takenReject;
  }

  cancel(reason?: string): void {
    this.calls.cancel(this, reason);
  }

  abandon(error: MotiaError): void {
    if (this.calls.take(this.id) !== undefined) this.reject(error);
  }
}

/** The calls of one side of a connection, by id. An answer is looked for here and nowhere else. */
export class OutgoingCalls {
  readonly #waiting = new InFlightMap<string, OutgoingCall>();
  readonly #cancelled = new WeakSet<OutgoingCall>();
  #sequence = 0;

  constructor(
    private readonly prefix: 'e' | 'w',
    private readonly sendCancel: (id: string, reason: string | undefined) => void,
  ) {}

  get size(): number {
    return this.#waiting.size;
  }

  /** Recorded before its frame is sent. */
  open(wantsWire: boolean): OutgoingCall {
    const call = new OutgoingCall(this, this.prefix + String(++this.#sequence), wantsWire);
    this.#waiting.set(call.id, call);
    return call;
  }

  /** A call that never got onto the wire. */
  refused(error: MotiaError): OutgoingInvoke {
    const call = new OutgoingCall(this, '', false);
    call.reject(error);
    return call;
  }

  /** Removes and returns the call, or undefined for an id that nothing waits for. */
  take(id: string): OutgoingCall | undefined {
    return this.#waiting.take(id);
  }

  cancel(call: OutgoingCall, reason?: string): void {
    if (!this.#waiting.has(call.id) || this.#cancelled.has(call)) return;
    this.#cancelled.add(call);
    this.sendCancel(call.id, reason);
  }

  failAll(error: MotiaError): void {
    const calls = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const call of calls) call.reject(error);
  }
}
