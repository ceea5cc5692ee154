import type { MotiaHttpArgs } from '../http/http-message.js';
import type { HttpMiddlewareInput } from '../http/http-middleware.js';
import type { Logger } from '../context/logger.js';
import type { StateManager } from '../context/state-store.js';
import type { Stream } from '../context/stream.js';
import type { Committed } from '../context/pending-change.js';
import type { Transaction } from '../context/transaction.js';
import type { CronTriggerInput, LogTriggerInput, StateTriggerInput, StreamTriggerInput } from './trigger-input.js';
import type { TriggerType } from './step-config.js';

/** Augmented by generated code: the streams of the project by name. Until then every name is allowed and its data unknown. */
export interface Streams {}
/** Augmented by generated code: the data of each topic. Until then it is unknown. */
export interface Enqueues {}

export type StreamsByName = keyof Streams extends never ? Readonly<Record<string, Stream>> : Streams;

/** How a message is delivered, beside where to. */
export interface EnqueueOptions {
  /** Messages of one group are handled one after the other, by subscribers of type `fifo`. */
  readonly messageGroupId?: string;
  /** The same id within the queue's window, 5 minutes unless configured, is one message. */
  readonly dedupId?: string;
  /** Milliseconds before the first delivery. */
  readonly delayMs?: number;
  /** The same in seconds; `delayMs` wins. */
  readonly delaySeconds?: number;
  /** Moment of the first delivery: a Date, epoch milliseconds or RFC 3339. Wins over a delay. */
  readonly runAt?: string | number | Date;
  /** Larger first. Default 0. */
  readonly priority?: number;
  /** Milliseconds that it may wait once its delay is over, also between attempts; then it is a dead letter. Default: it waits for good. */
  readonly ttlMs?: number;
}
/** A message for a topic. */
export interface EnqueueData<T = unknown> extends EnqueueOptions {
  readonly topic: string;
  readonly data: T;
}
/** What the queue answers once it has accepted a message. */
export interface EnqueueReceipt {
  /** Empty from a queue that gives no receipts. */
  readonly messageReceiptId: string;
  /** There was a message with this `dedupId` already, and it is its receipt. */
  readonly deduplicated?: boolean;
}
/** Takes one message, or a list that is accepted together or not at all. */
export interface Enqueuer<TData> {
  (message: TData): Promise<EnqueueReceipt>;
  (messages: readonly TData[]): Promise<EnqueueReceipt[]>;
}

/** Which trigger started the call. */
export interface TriggerInfo {
  readonly type: TriggerType;
  /** Place in `config.triggers`. */
  readonly index: number;
  readonly path?: string;
  readonly method?: string;
  readonly topic?: string;
  readonly expression?: string;
  /** Of a schedule that runs once: RFC 3339. */
  readonly at?: string;
}

/**
 * By trigger type, what the handler gets; a type the Step has no trigger of is `never`. `data` is the payload without
 * its envelope, `result` what the handler may return.
 */
export interface TriggerInputs {
  http: unknown;
  queue: unknown;
  cron: unknown;
  state: unknown;
  stream: unknown;
  subscribe: unknown;
  log: unknown;
  http_middleware: unknown;
  data: unknown;
  result: unknown;
}

/** Inputs of a context that says nothing about its Step. */
export interface AnyInputs extends TriggerInputs {
  http: MotiaHttpArgs;
  cron: CronTriggerInput;
  state: StateTriggerInput;
  stream: StreamTriggerInput;
  log: LogTriggerInput;
  http_middleware: HttpMiddlewareInput;
}

type Enveloped = MotiaHttpArgs | HttpMiddlewareInput | StateTriggerInput | StreamTriggerInput | LogTriggerInput | CronTriggerInput | undefined;

/** Inputs told apart by their shape, where the config is not known. */
export type InputsByShape<TInput> = unknown extends TInput
  ? AnyInputs
  : {
      http: Extract<TInput, MotiaHttpArgs>;
      queue: Exclude<TInput, Enveloped>;
      cron: CronTriggerInput;
      state: Extract<TInput, StateTriggerInput>;
      stream: Extract<TInput, StreamTriggerInput>;
      subscribe: Exclude<TInput, Enveloped>;
      log: Extract<TInput, LogTriggerInput>;
      http_middleware: Extract<TInput, HttpMiddlewareInput>;
      data: DataOf<TInput>;
      result: unknown;
    };

/** The payload without its envelope: body, message, state change, stream frame or log record; undefined for cron. */
export type DataOf<TInput> = TInput extends { readonly request: { readonly body: infer B } } ? B : TInput extends CronTriggerInput | undefined ? undefined : TInput;

// Members that take the input are declared as methods: their parameters are compared in both directions, so that the
// context of one Step fits a helper that takes any context, and middleware for one body fits a route without one.

/** One function per trigger type; `default` takes the rest. */
export interface MatchHandlers<TInput, I extends TriggerInputs> {
  http?(request: I['http']): I['result'] | Promise<I['result']>;
  queue?(input: I['queue']): I['result'] | Promise<I['result']>;
  cron?(input: I['cron']): I['result'] | Promise<I['result']>;
  state?(input: I['state']): I['result'] | Promise<I['result']>;
  stream?(input: I['stream']): I['result'] | Promise<I['result']>;
  subscribe?(input: I['subscribe']): I['result'] | Promise<I['result']>;
  log?(input: I['log']): I['result'] | Promise<I['result']>;
  http_middleware?(input: I['http_middleware']): I['result'] | Promise<I['result']>;
  default?(input: TInput): I['result'] | Promise<I['result']>;
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
  /** To whoever subscribes at this moment: at most once, nothing is kept. */
  readonly publish: (topic: string, data: unknown) => Promise<void>;
  /**
   * Commits changes of state and streams and messages together, or none of them: the function collects them, and they are
   * made when it has returned. Changes that it returns, alone or in a list or an object, come back as their results.
   * @throws MotiaError of the change that was refused, naming it; `MOTIA_STORE_TX_CROSS_STORE` when they are not kept in one store
   */
  readonly transaction: <R>(collect: (tx: Transaction<TEnqueueData>) => R | Promise<R>) => Promise<Committed<Awaited<R>>>;
  /**
   * Lengthens the lease of the message that this call is working on by so many milliseconds from now, beyond what the engine renews by
   * itself. @throws MotiaError `MOTIA_QUEUE_LEASE_LOST` when somebody else has the message
   */
  readonly extend: (ms: number) => Promise<void>;
  /** Calls any function of the engine and waits for its answer. @throws MotiaError of the callee */
  readonly invoke: <TResult = unknown>(functionId: string, payload?: unknown, options?: InvokeCallOptions) => Promise<TResult>;
  /** By trigger type: true when it started this call; narrows the input that is handed in. */
  readonly is: {
    readonly queue: (input: unknown) => input is I['queue'];
    readonly http: (input: unknown) => input is I['http'];
    readonly cron: (input: unknown) => input is I['cron'];
    readonly state: (input: unknown) => input is I['state'];
    readonly stream: (input: unknown) => input is I['stream'];
    readonly subscribe: (input: unknown) => input is I['subscribe'];
    readonly log: (input: unknown) => input is I['log'];
    readonly http_middleware: (input: unknown) => input is I['http_middleware'];
  };
  readonly getData: () => I['data'];
  /** Runs the function for the trigger type that started this call. @throws MotiaError `MOTIA_SDK_TRIGGER_UNMATCHED` */
  readonly match: { run(handlers: MatchHandlers<TInput, I>): Promise<I['result'] | undefined> }['run'];
}
