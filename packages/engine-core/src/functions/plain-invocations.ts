import type { MotiaError, TraceContext } from '@motia/protocol';
import type { Invocation, InvokeOptions } from '../contract/functions.js';
import { childTraceContext } from '../telemetry/trace-context.js';
import type { Call } from './call.js';

/** A call that could not start. */
export class RefusedInvocation implements Invocation {
  readonly id: string;
  readonly #error: MotiaError;
  readonly #options: InvokeOptions | undefined;
  #trace: TraceContext | undefined;

  constructor(id: string, error: MotiaError, options: InvokeOptions | undefined) {
    this.id = id;
    this.#error = error;
    this.#options = options;
  }

  get trace(): TraceContext {
    return (this.#trace ??= childTraceContext(this.#options?.parent?.trace ?? this.#options?.trace));
  }

  get result(): Promise<unknown> {
    return Promise.reject(this.#error);
  }

  cancel(): void {
    // It has ended already.
  }
}

/** A call that wants no answer, handed over: its own outcome is only counted and logged. */
export class StartedInvocation implements Invocation {
  readonly #call: Call;

  constructor(call: Call) {
    this.#call = call;
  }

  get id(): string {
    return this.#call.id;
  }

  get trace(): TraceContext {
    return this.#call.trace;
  }

  get result(): Promise<unknown> {
    return Promise.resolve(undefined);
  }

  cancel(reason: string): void {
    this.#call.cancel(reason);
  }
}
