import type { MotiaHttpArgs } from '../http/http-message.js';
import type { Logger } from '../context/logger.js';
import type { StateManager } from '../context/state-manager.js';
import type { Stream } from '../context/stream.js';
import type { CronTriggerInput, StateTriggerInput, StreamTriggerInput } from './trigger-input.js';
import type { TriggerType } from './step-config.js';

/** Augmented by generated code: the streams of the project by name. Until then every name is allowed and its data unknown. */
export interface Streams {}
/** Augmented by generated code: the data of each topic. Until then it is unknown. */
export interface Enqueues {}

export type StreamsByName = keyof Streams extends never ? Readonly<Record<string, Stream>> : Streams;

/** A message for a topic. */
export interface EnqueueData<T = unknown> {
  readonly topic: string;
  readonly data: T;
  /** Messages of one group are handled in order. */
  readonly messageGroupId?: string;
}
/** What the queue answers; undefined from a queue that gives no receipt. */
export interface EnqueueReceipt {
  readonly messageReceiptId: string;
  readonly deduplicated?: boolean;
}
export type Enqueuer<TData> = (event: TData) => Promise<EnqueueReceipt | undefined>;

/** Which trigger started the call. */
export interface TriggerInfo {
  readonly type: TriggerType;
  /** Place in `config.triggers`. */
  readonly index: number;
  readonly path?: string;
  readonly method?: string;
  readonly topic?: string;
  readonly expression?: string;
}

/** By trigger type, what the handler gets; `result` is what it may return. A type the Step has no trigger of is `never`. */
export interface TriggerInputs {
  http: unknown;
  queue: unknown;
  cron: unknown;
  state: unknown;
  stream: unknown;
  result: unknown;
}

/** Inputs told apart by their shape, where the config is not known. */
export interface InputsByShape<TInput> extends TriggerInputs {
  http: unknown extends TInput ? MotiaHttpArgs : Extract<TInput, MotiaHttpArgs<never, never, never> | MotiaHttpArgs>;
  queue: unknown extends TInput ? unknown : Exclude<TInput, MotiaHttpArgs | StateTriggerInput | StreamTriggerInput | CronTriggerInput | undefined>;
  cron: CronTriggerInput;
  state: unknown extends TInput ? StateTriggerInput : Extract<TInput, StateTriggerInput>;
  stream: unknown extends TInput ? StreamTriggerInput : Extract<TInput, StreamTriggerInput>;
  result: unknown;
}

type Narrowed<TInput, T> = [Extract<TInput, T>] extends [never] ? TInput & T : Extract<TInput, T>;
type BodyOf<T> = T extends { readonly request: { readonly body: infer B } } ? B : never;

/** The payload without its envelope, whichever trigger started the call: body, message, state change or stream frame; undefined for cron. */
export type DataOf<I extends TriggerInputs> = BodyOf<I['http']> | I['queue'] | I['state'] | I['stream'] | ([I['cron']] extends [never] ? never : undefined);

/** One function per trigger type; `default` takes the rest. */
export interface MatchHandlers<TInput, I extends TriggerInputs> {
  http?: (request: I['http']) => I['result'] | Promise<I['result']>;
  queue?: (input: I['queue']) => I['result'] | Promise<I['result']>;
  cron?: (input: I['cron']) => I['result'] | Promise<I['result']>;
  state?: (input: I['state']) => I['result'] | Promise<I['result']>;
  stream?: (input: I['stream']) => I['result'] | Promise<I['result']>;
  default?: (input: TInput) => I['result'] | Promise<I['result']>;
}

export interface InvokeCallOptions {
  /** Milliseconds; never more than the calling handler has left. Default 30,000. */
  readonly timeoutMs?: number;
  /** `void` does not wait for an answer; `enqueue` puts the call on a named queue. Default `call`. */
  readonly action?: { readonly type: 'call' } | { readonly type: 'void' } | { readonly type: 'enqueue'; readonly queue: string };
  readonly signal?: AbortSignal;
}

/** Second argument of a handler. Members may be taken apart: `async (input, { logger, state }) => …`. */
export interface FlowContext<TEnqueueData = never, TInput = unknown, I extends TriggerInputs = InputsByShape<TInput>> {
  /** W3C trace id of the call: 32 hex digits. */
  readonly traceId: string;
  readonly invocationId: string;
  readonly trigger: TriggerInfo;
  /** 1 for the first delivery. */
  readonly attempt: number;
  /** The same for every attempt of one piece of work: hand it to services that refuse repeats. */
  readonly idempotencyKey: string;
  /** Aborts when nobody waits any more: the caller left, the deadline passed, or the process is stopping. */
  readonly signal: AbortSignal;
  readonly logger: Logger;
  readonly state: StateManager;
  readonly streams: StreamsByName;
  readonly enqueue: Enqueuer<TEnqueueData>;
  /** Calls any function of the engine and waits for its answer. @throws MotiaError of the callee */
  readonly invoke: <TResult = unknown>(functionId: string, payload?: unknown, options?: InvokeCallOptions) => Promise<TResult>;
  /** By trigger type: true when it started this call; narrows the input that is handed in. */
  readonly is: {
    readonly queue: (input: TInput) => input is Narrowed<TInput, I['queue']>;
    readonly http: (input: TInput) => input is Narrowed<TInput, I['http']>;
    readonly cron: (input: TInput) => input is Narrowed<TInput, I['cron']>;
    readonly state: (input: TInput) => input is Narrowed<TInput, I['state']>;
    readonly stream: (input: TInput) => input is Narrowed<TInput, I['stream']>;
  };
  readonly getData: () => DataOf<I>;
  /** Runs the function for the trigger type that started this call. @throws MotiaError `MOTIA_SDK_TRIGGER_UNMATCHED` */
  readonly match: (handlers: MatchHandlers<TInput, I>) => Promise<I['result'] | undefined>;
}
