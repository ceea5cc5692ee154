import type { MotiaHttpArgs, QueryValues } from '../http/http-message.js';
import type { HttpMiddlewareInput } from '../http/http-middleware.js';
import type { InferSchema } from '../schema/infer-schema.js';
import type { StepSchemaInput } from '../schema/standard-schema.js';
import type { DataOfConfig, StreamDefinition } from '../context/stream.js';
import type { StreamConfig } from '../context/stream-config.js';
import type { CronOptions, CronTrigger, OneOffTrigger } from './cron-trigger.js';
import type { TriggerCondition } from './handlers.js';
import type { PathParams } from './path-params.js';
import type { InfrastructureConfig, QueueConfig } from './queue-config.js';
import type { ApiRouteMethod, ApiTrigger, HttpMiddlewareTrigger, LogTrigger, QueryParam, StateTrigger, StreamTrigger } from './step-config.js';
import type { CronTriggerInput, LogTriggerInput, StateTriggerInput, StreamTriggerInput } from './trigger-input.js';

/** The options of `http()` whose types are inferred. */
export interface HttpSchemas {
  readonly bodySchema?: StepSchemaInput;
  readonly responseSchema?: Readonly<Record<number, StepSchemaInput>>;
  readonly queryParams?: readonly QueryParam[] | StepSchemaInput;
}
/** Options of `http()`: everything of an HTTP trigger but method and path. */
export type HttpOptions = HttpSchemas & Omit<ApiTrigger, 'type' | 'path' | 'method' | 'condition' | keyof HttpSchemas>;
/** Options of `queue()`. */
export interface QueueOptions {
  readonly input?: StepSchemaInput;
  readonly config?: Partial<QueueConfig>;
  /** @deprecated Use `config`. */
  readonly infrastructure?: InfrastructureConfig;
}

type BodyOf<O> = O extends { readonly bodySchema: infer S } ? InferSchema<S> : unknown;
type QueryOf<O> = O extends { readonly queryParams: infer Q } ? (Q extends readonly QueryParam[] ? QueryValues : InferSchema<Q>) : QueryValues;
type MessageOf<O> = O extends { readonly input: infer S } ? InferSchema<S> : unknown;
type HttpCondition<P extends string, O> = TriggerCondition<MotiaHttpArgs<BodyOf<O>, PathParams<P>, QueryOf<O>>>;
type Conditional<T> = T & { readonly condition?: TriggerCondition };

/** A path with its leading slash. */
type Rooted<P extends string> = P extends `/${string}` ? P : string extends P ? P : `/${P}`;

/** An HTTP route: `http('POST', '/orders/:id', { bodySchema })`. */
export function http<const M extends ApiRouteMethod, const P extends string, const O extends HttpSchemas = {}>(
  method: M,
  path: P,
  options?: O & Omit<HttpOptions, keyof HttpSchemas>,
  condition?: HttpCondition<P, O>,
): Conditional<{ readonly type: 'http'; readonly method: M; readonly path: Rooted<P> } & O> {
  return withCondition({ type: 'http' as const, method, path: rooted(path), ...(options as O) }, condition as TriggerCondition | undefined);
}

/** Engine-wide middleware: `httpMiddleware({ path: '/admin' })`. The handler returns `{ action: 'continue' }` or `{ action: 'respond', response }`. */
export function httpMiddleware(options: Omit<HttpMiddlewareTrigger, 'type' | 'condition'> = {}, condition?: TriggerCondition<HttpMiddlewareInput>): HttpMiddlewareTrigger {
  return withCondition({ type: 'http_middleware' as const, ...options }, condition as TriggerCondition | undefined);
}

/** @deprecated Use `http()`. */
export function api<const M extends ApiRouteMethod, const P extends string, const O extends HttpSchemas = {}>(
  method: M,
  path: P,
  options?: O & Omit<HttpOptions, keyof HttpSchemas>,
  condition?: HttpCondition<P, O>,
): Conditional<{ readonly type: 'http'; readonly method: M; readonly path: Rooted<P> } & O> {
  return http(method, path, options, condition);
}

/** A subscription to a topic: `queue('order.created', { input })`. */
export function queue<const T extends string, const O extends QueueOptions = {}>(
  topic: T,
  options?: O,
  condition?: TriggerCondition<MessageOf<O>>,
): Conditional<{ readonly type: 'queue'; readonly topic: T } & O> {
  return withCondition({ type: 'queue' as const, topic, ...(options as O) }, condition as TriggerCondition | undefined);
}

type OneOffOptions = { readonly at: string | number | Date } & Omit<ScheduleOptions, 'overlap' | 'timezone'>;
type ScheduleOptions = Omit<CronOptions, 'condition'> & { readonly condition?: TriggerCondition<CronTriggerInput> };

/**
 * A schedule of seven fields, seconds first and year last: `cron('0 30 9 * * 1-5 *', { timezone: 'Europe/Vienna' })`; or one
 * run at a moment: `cron({ at: '2030-01-01T00:00:00Z' })`.
 */
export function cron(expression: string, optionsOrCondition?: ScheduleOptions | TriggerCondition<CronTriggerInput>): CronTrigger;
export function cron(once: OneOffOptions): OneOffTrigger;
export function cron(
  when: string | OneOffOptions,
  optionsOrCondition?: ScheduleOptions | TriggerCondition<CronTriggerInput>,
): CronTrigger | OneOffTrigger {
  if (typeof when === 'object') return { type: 'cron', ...(when as Omit<OneOffTrigger, 'type'>) };
  if (typeof optionsOrCondition === 'function') return { type: 'cron', expression: when, condition: optionsOrCondition as TriggerCondition };
  return { type: 'cron', expression: when, ...(optionsOrCondition as CronOptions | undefined) };
}

/** Messages that are published while this process listens: `subscribe('prices', { input })`. At most once; for work use `queue`. */
export function subscribe<const T extends string, const O extends { readonly input?: StepSchemaInput } = {}>(
  topic: T,
  options?: O,
  condition?: TriggerCondition<MessageOf<O>>,
): Conditional<{ readonly type: 'subscribe'; readonly topic: T } & O> {
  return withCondition({ type: 'subscribe' as const, topic, ...(options as O) }, condition as TriggerCondition | undefined);
}

/** Changes of the state, all of them or those of a scope and key. The type argument says what is stored there. */
export function state<T = unknown>(
  optionsOrCondition?: { readonly scope?: string; readonly key?: string; readonly condition?: TriggerCondition<StateTriggerInput<T>> } | TriggerCondition<StateTriggerInput<T>>,
): StateTrigger<T> {
  if (typeof optionsOrCondition === 'function') return { type: 'state', condition: optionsOrCondition as TriggerCondition };
  return { type: 'state', ...(optionsOrCondition as Omit<StateTrigger<T>, 'type'> | undefined) };
}

type StreamFilter<T> = { readonly groupId?: string; readonly itemId?: string; readonly condition?: TriggerCondition<StreamTriggerInput<T>> } | TriggerCondition<StreamTriggerInput<T>>;

/** Changes of a stream, all of them or those of a group or an item. Given the stream itself, as `defineStream` makes it, the items have its type. */
export function stream<const N extends string>(streamName: N, filterOrCondition?: StreamFilter<unknown>): StreamTrigger & { readonly streamName: N };
export function stream<C extends StreamConfig>(of: StreamDefinition<C>, filterOrCondition?: StreamFilter<DataOfConfig<C>>): StreamTrigger<DataOfConfig<C>>;
export function stream(of: string | StreamDefinition, filterOrCondition?: unknown): StreamTrigger {
  const streamName = typeof of === 'string' ? of : of.config.name;
  if (typeof filterOrCondition === 'function') return { type: 'stream', streamName, condition: filterOrCondition as TriggerCondition };
  return { type: 'stream', streamName, ...(filterOrCondition as Omit<StreamTrigger, 'type' | 'streamName'> | undefined) };
}

/** Records of the log: `log({ level: 'error' })` for errors, of every level without it. What the Step logs itself starts nothing. */
export function log(
  optionsOrCondition?: Pick<LogTrigger, 'level'> & { readonly condition?: TriggerCondition<LogTriggerInput> } | TriggerCondition<LogTriggerInput>,
): LogTrigger {
  if (typeof optionsOrCondition === 'function') return { type: 'log', condition: optionsOrCondition as TriggerCondition };
  return { type: 'log', ...(optionsOrCondition as Omit<LogTrigger, 'type'> | undefined) };
}

function rooted<P extends string>(path: P): Rooted<P> {
  return (typeof path !== 'string' || path.startsWith('/') ? path : `/${path}`) as Rooted<P>;
}

function withCondition<T extends object>(trigger: T, condition: TriggerCondition | undefined): T & { readonly condition?: TriggerCondition } {
  return condition === undefined ? trigger : { ...trigger, condition };
}
