import type { CancellationToken } from 'vscode-jsonrpc/node';
import type { InvokeHandler } from '../endpoint.js';
import type { MotiaError } from '../errors.js';
import type { InvokeParams } from '../generated/messages.js';
import { InFlightMap } from '../in-flight-map.js';
import { ProtocolErrors } from '../protocol-errors.js';
import { WireValue } from '../wire-value.js';
import type { RawPart } from '../wire-value.js';
import { IncomingCall } from './incoming-call.js';
import { invokeParamsProblem } from './incoming-message.js';
import type { Outbox } from './outbox.js';

export const INVOKE = 'functions/invoke';
const CANCELLED = 'the caller cancelled the call';

/** An answer on its way through the library: keeps "no value" and wire values apart from JSON. */
export class LibraryAnswer {
  constructor(readonly value: unknown) {}
}

/** The peer's calls that our handler is working on. Each is answered at most once. */
export class IncomingCalls {
  handler: InvokeHandler | undefined;
  readonly #running = new InFlightMap<string, IncomingCall>();
  /** Calls with numeric ids; the library answers them. */
  readonly #libraryCalls = new Set<IncomingCall>();

  constructor(
    private readonly outbox: Outbox,
    private readonly onFault: (fault: MotiaError) => void,
  ) {}

  /** A call with a string id, or without one when nothing is to be answered. */
  accept(id: string | undefined, params: unknown, raw: RawPart | undefined): void {
    const problem = invokeParamsProblem(params);
    if (problem !== undefined) {
      const error = ProtocolErrors.PARAMS_INVALID({ method: INVOKE, reason: problem });
      return id === undefined ? this.onFault(error) : this.outbox.answerError(id, error);
    }
    if (id !== undefined && this.#running.has(id)) return this.onFault(ProtocolErrors.MESSAGE_INVALID({ reason: `the id ${id} is in use` }));
    const invoke = params as InvokeParams;
    const call = new IncomingCall(invoke, raw === undefined ? invoke.payload : WireValue.of(invoke.payload, raw), id !== undefined);
    if (id !== undefined) this.#running.set(id, call);
    this.#run(call, id);
  }

  /** A call with a numeric id: a stock vscode-jsonrpc peer. */
  async acceptFromLibrary(params: unknown, token: CancellationToken): Promise<LibraryAnswer> {
    const problem = invokeParamsProblem(params);
    if (problem !== undefined) throw ProtocolErrors.PARAMS_INVALID({ method: INVOKE, reason: problem });
    if (this.handler === undefined) throw ProtocolErrors.METHOD_NOT_FOUND({ method: INVOKE });
    const call = new IncomingCall(params as InvokeParams, (params as InvokeParams).payload, true);
    this.#libraryCalls.add(call);
    if (token.isCancellationRequested) call.cancel(CANCELLED);
    const subscription = token.onCancellationRequested(() => call.cancel(CANCELLED));
    try {
      return new LibraryAnswer(await this.handler(call));
    } finally {
      this.#libraryCalls.delete(call);
      subscription.dispose();
    }
  }

  cancel(id: string, reason = CANCELLED): void {
    this.#running.get(id)?.cancel(reason);
  }

  /** Nobody waits any more: handlers are told, results are dropped. */
  cancelAll(reason: string): void {
    const calls = [...this.#running.values(), ...this.#libraryCalls];
    this.#running.clear();
    this.#libraryCalls.clear();
    for (const call of calls) call.cancel(reason);
  }

  #run(call: IncomingCall, id: string | undefined): void {
    try {
      if (this.handler === undefined) throw ProtocolErrors.METHOD_NOT_FOUND({ method: INVOKE });
      const result = this.handler(call);
      if (isThenable(result)) {
        result.then(
          (value) => this.#finish(call, id, value),
          (error: unknown) => this.#fail(call, id, error),
        );
      } else {
        this.#finish(call, id, result);
      }
    } catch (error) {
      this.#fail(call, id, error);
    }
  }

  #finish(call: IncomingCall, id: string | undefined, value: unknown): void {
    if (id === undefined || this.#running.get(id) !== call) return;
    this.#running.take(id);
    this.outbox.answer(id, value, call.handlerMs);
  }

  #fail(call: IncomingCall, id: string | undefined, error: unknown): void {
    if (id === undefined || this.#running.get(id) !== call) return;
    this.#running.take(id);
    this.outbox.answerError(id, error, call.handlerMs);
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function';
}
