import type { ApiResponse, MotiaHttpArgs, QueryValues } from '../http/http-message.js';
import type { HttpMiddlewareInput, HttpMiddlewareResult } from '../http/http-middleware.js';
import type { InferSchema, InferSchemaInput } from '../schema/infer-schema.js';
import type { DataOfStream } from '../context/stream.js';
import type { carries, Enqueue, QueryParam, StepConfig } from './step-config.js';
import type { DataOf, Enqueues, EnqueueOptions, FlowContext, Streams, TriggerInputs } from './flow-context.js';
import type { PathParams } from './path-params.js';
import type { CronTriggerInput, LogTriggerInput, StateTriggerInput, StreamTriggerInput } from './trigger-input.js';

type SchemaOf<T, K extends string> = T extends { readonly [P in K]?: infer S } ? (K extends keyof T ? InferSchema<NonNullable<S>> : unknown) : unknown;
type QueryOf<T> = T extends { readonly queryParams: infer Q } ? (Q extends readonly QueryParam[] ? QueryValues : InferSchema<Q>) : QueryValues;

type HttpInputOf<T> = T extends { readonly type: 'http' | 'api'; readonly path: infer P extends string } ? MotiaHttpArgs<SchemaOf<T, 'bodySchema'>, PathParams<P>, QueryOf<T>> : never;

/** Status codes with a name. Those without a schema in `responseSchema` may carry any body. */
type NamedStatus =
  | 100 | 101 | 102 | 103 | 200 | 201 | 202 | 203 | 204 | 205 | 206 | 207 | 208 | 226 | 300 | 301 | 302 | 303 | 304 | 305 | 307 | 308
  | 400 | 401 | 402 | 403 | 404 | 405 | 406 | 407 | 408 | 409 | 410 | 411 | 412 | 413 | 414 | 415 | 416 | 417 | 418 | 421 | 422 | 423 | 424 | 425
  | 426 | 428 | 429 | 431 | 451 | 500 | 501 | 502 | 503 | 504 | 505 | 506 | 507 | 508 | 510 | 511;

/** Only a 200 may leave its status out. */
type Said<S> = S extends 200 ? unknown : { status: S };
type WithoutSchema<S extends number> = ApiResponse<S> & { status: S };

type ResponseOf<T> = T extends { readonly responseSchema: infer R }
  ?
      | { [S in keyof R & number]: ApiResponse<S, InferSchemaInput<R[S]>> & { body: InferSchemaInput<R[S]> } & Said<S> }[keyof R & number]
      | WithoutSchema<Exclude<NamedStatus, keyof R | 200>>
      | (200 extends keyof R ? never : ApiResponse<200>)
  : ApiResponse;

type TriggersOf<C extends StepConfig> = C['triggers'][number];
type HttpResultOf<T> = Extract<T, { readonly type: 'http' | 'api' }> extends infer H ? ([H] extends [never] ? never : ResponseOf<H> | void) : never;
type MiddlewareResultOf<T> = Extract<T, { readonly type: 'http_middleware' }> extends infer M ? ([M] extends [never] ? never : HttpMiddlewareResult) : never;
type ResultOf<T> = HttpResultOf<T> | MiddlewareResultOf<T> extends infer R ? ([R] extends [never] ? unknown : R) : never;

/** The type that `state<T>()` and `stream(todos)` remember. */
type CarriedBy<T> = T extends { readonly [carries]?: infer V } ? (typeof carries extends keyof T ? V : unknown) : unknown;
/** Of a stream that is named, as generated types know it. */
type ItemOf<T> = unknown extends CarriedBy<T> ? (T extends { readonly streamName: infer N extends keyof Streams } ? DataOfStream<Streams[N]> : unknown) : CarriedBy<T>;

/** What one trigger hands over. */
type InputOf<T> = T extends { readonly type: 'http' | 'api' }
  ? HttpInputOf<T>
  : T extends { readonly type: 'queue' | 'subscribe' }
    ? SchemaOf<T, 'input'>
    : T extends { readonly type: 'cron' }
      ? CronTriggerInput
      : T extends { readonly type: 'state' }
        ? StateTriggerInput<CarriedBy<T>>
        : T extends { readonly type: 'stream' }
          ? StreamTriggerInput<ItemOf<T>>
          : T extends { readonly type: 'log' }
            ? LogTriggerInput
            : T extends { readonly type: 'http_middleware' }
              ? HttpMiddlewareInput
              : never;
type OfType<T, K> = InputOf<Extract<T, { readonly type: K }>>;

/** By trigger type, what the handler of this config gets. */
export interface InputsOf<C extends StepConfig> extends TriggerInputs {
  http: OfType<TriggersOf<C>, 'http' | 'api'>;
  queue: OfType<TriggersOf<C>, 'queue'>;
  cron: OfType<TriggersOf<C>, 'cron'>;
  state: OfType<TriggersOf<C>, 'state'>;
  stream: OfType<TriggersOf<C>, 'stream'>;
  subscribe: OfType<TriggersOf<C>, 'subscribe'>;
  log: OfType<TriggersOf<C>, 'log'>;
  http_middleware: OfType<TriggersOf<C>, 'http_middleware'>;
  data: DataOf<InputOf<TriggersOf<C>>>;
  result: ResultOf<TriggersOf<C>>;
}
/** First argument of the handler of a config: the union over its triggers. */
export type InferHandlerInput<C extends StepConfig> = InputOf<TriggersOf<C>>;
/** What the handler of a config may return. */
export type InferHandlerResult<C extends StepConfig> = InputsOf<C>['result'];

type TopicData<T extends string> = T extends keyof Enqueues ? Enqueues[T] : unknown;
type Message<T extends string> = EnqueueOptions & { readonly topic: T; readonly data: TopicData<T> };
type MessageOf<E extends Enqueue> = E extends string ? Message<E> : E extends { readonly topic: infer T extends string } ? Message<T> : never;
/** Messages that the `enqueues` of a config allow. */
export type InferEnqueues<C> = C extends { readonly enqueues: readonly (infer E extends Enqueue)[] } ? MessageOf<E> : never;

/** The context that the handler of a config gets. */
export type ContextOf<C extends StepConfig> = FlowContext<InferEnqueues<C>, InferHandlerInput<C>, InputsOf<C>>;

/** The handler of a config: `export const handler: Handlers<typeof config> = async (input, ctx) => …`. */
export type Handlers<C extends StepConfig> = (input: InferHandlerInput<C>, ctx: ContextOf<C>) => Promise<InferHandlerResult<C>> | InferHandlerResult<C>;

/** A handler whose config is not known. */
export type StepHandler<TInput = unknown, TEnqueueData = never> = (input: TInput, ctx: FlowContext<TEnqueueData, TInput>) => unknown;

interface ConditionFunction<TInput> {
  run(input: TInput, ctx: FlowContext<never, TInput>): boolean | Promise<boolean>;
}
/** Decides whether a trigger runs its handler. Bivariant in its input: annotate it with the type that the trigger gives. */
export type TriggerCondition<TInput = unknown> = ConditionFunction<TInput>['run'];
