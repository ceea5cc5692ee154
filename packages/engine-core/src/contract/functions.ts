import type { FunctionSpec, InvokeAction, TraceContext } from '@motia/protocol';

/** What a handler inside the engine process learns about its call. */
export interface InvocationContext {
  readonly invocationId: string;
  readonly functionId: string;
  readonly trace: TraceContext;
  /** On the clock's monotonic scale. */
  readonly deadlineAtMs: number;
  readonly attempt: number;
  readonly depth: number;
  /** How many triggers of stored changes led to this call, one after the other: for `ChangeOrigin.triggerDepth`. Absent is 0. */
  readonly triggerDepth?: number;
  readonly idempotencyKey?: string;
  /** Worker that made the call, when one did. */
  readonly callerWorkerId?: string;
  /** Function in whose handler the call was made, when it is known: for `ChangeOrigin.functionId`. */
  readonly callerFunctionId?: string | undefined;
  /** Aborts on deadline, cancellation, or engine stop. Created on first use. */
  readonly signal: AbortSignal;
  /**
   * Replaces the W3C baggage of the invocation on whose behalf this call is made: whatever that one calls from now on
   * carries it. False when no running invocation made the call.
   */
  setCallerBaggage?(baggage: string | undefined): boolean;
}
export type FunctionHandler = (payload: unknown, call: InvocationContext) => unknown;

export interface InvokeOptions {
  /** Default 30,000. A nested call gets the smaller of this and what its parent has left. */
  readonly timeoutMs?: number;
  /** The invocation on whose behalf this one is made: trace, depth and deadline are inherited. */
  readonly parent?: InvocationContext;
  /** Ignored when `parent` is given. */
  readonly trace?: TraceContext;
  readonly attempt?: number;
  /** Said by a module that calls a function because of a stored change. Default: that of `parent`. */
  readonly triggerDepth?: number;
  readonly idempotencyKey?: string;
  readonly action?: InvokeAction;
  readonly signal?: AbortSignal;
  /** How long a call may wait for a known function whose worker is restarting. Default 5,000, 0 to fail at once. */
  readonly parkMs?: number;
  /** Leave a raw body unparsed: the result may be a WireValue. */
  readonly wireResult?: boolean;
  /** Shown in traces and metrics: which trigger caused the call. */
  readonly trigger?: { readonly id: string; readonly type: string };
}

/** A call under way. */
export interface Invocation {
  readonly id: string;
  readonly trace: TraceContext;
  /** Always settles: result, error of the handler, `MOTIA_ENGINE_DEADLINE_EXCEEDED`, `MOTIA_ENGINE_WORKER_LOST`, `MOTIA_ENGINE_CANCELLED`. */
  readonly result: Promise<unknown>;
  /** Tells the handler to stop and settles `result` with `MOTIA_ENGINE_CANCELLED`. Idempotent. */
  cancel(reason: string): void;
}

export interface FunctionInfo extends FunctionSpec {
  /** Registered by the engine or a module rather than by a worker. */
  readonly internal: boolean;
  readonly owner: string;
  readonly workerIds: readonly string[];
  readonly stats: FunctionStats;
}
/** Measured to the answer, worker calls included. */
export interface FunctionStats {
  readonly calls: number;
  readonly errors: number;
  readonly inFlight: number;
  readonly totalDurationMs: number;
  readonly maxDurationMs: number;
}

export interface Registration {
  /** Idempotent. */
  dispose(): void;
}

export interface FunctionRegistry {
  /** Registers a function that runs in the engine process. @throws `MOTIA_ENGINE_FUNCTION_CONFLICT` when another owner has the id. */
  register(spec: FunctionSpec, handler: FunctionHandler): Registration;
  /** Calls a function, wherever it runs, and waits for its answer. */
  invoke(functionId: string, payload: unknown, options?: InvokeOptions): Promise<unknown>;
  /** Like `invoke`, with a handle to cancel. Never throws: a call that cannot start has a rejected `result`. */
  open(functionId: string, payload: unknown, options?: InvokeOptions): Invocation;
  has(functionId: string): boolean;
  get(functionId: string): FunctionInfo | undefined;
  list(filter?: { readonly includeInternal?: boolean }): readonly FunctionInfo[];
  /** After the set of functions changed; several changes of one turn give one call. */
  onChanged(listener: () => void): Registration;
}
