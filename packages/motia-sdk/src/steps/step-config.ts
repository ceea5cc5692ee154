import type { ApiMiddleware } from './middleware.js';
import type { TriggerCondition } from './handlers.js';
import type { StepSchemaInput } from '../schema/standard-schema.js';
import type { CronTrigger, OneOffTrigger } from './cron-trigger.js';
import type { InfrastructureConfig, QueueConfig } from './queue-config.js';
import type { LogLevel } from './trigger-input.js';

/** Never there at run time: what a trigger's input is about. */
export declare const carries: unique symbol;

export type ApiRouteMethod = 'GET' | 'POST' | 'PUT' | 'DELETE' | 'PATCH' | 'OPTIONS' | 'HEAD';
export type TriggerType = 'http' | 'queue' | 'cron' | 'state' | 'stream' | 'subscribe' | 'log' | 'http_middleware';

/** A query parameter for docs and, with `required`, for checking. */
export interface QueryParam {
  readonly name: string;
  readonly description?: string;
  /** Default false. */
  readonly required?: boolean;
}

/** An HTTP route. `api` is the deprecated spelling of the type. */
export interface ApiTrigger<TSchema extends StepSchemaInput | undefined = StepSchemaInput | undefined> {
  readonly type: 'http' | 'api';
  readonly path: string;
  readonly method: ApiRouteMethod;
  /** Checked before the handler runs: 400 with JSON pointers. A zod or Standard Schema also parses, so defaults and transforms apply. */
  readonly bodySchema?: TSchema;
  /** By status. A body that breaks it is an error in development and a warning in production. */
  readonly responseSchema?: Readonly<Record<number, StepSchemaInput>>;
  /** A list for docs, or a schema of the whole query that is checked. */
  readonly queryParams?: readonly QueryParam[] | StepSchemaInput;
  /** First is outermost. */
  readonly middleware?: readonly ApiMiddleware[];
  /** Milliseconds for condition and handler; then 504. Default: `default_timeout` of the REST module, 30,000. */
  readonly timeoutMs?: number;
  /** The handler gets the exact bytes of the body as `req.rawBody`, beside the parsed one. Default false. */
  readonly rawBody?: boolean;
  /** Largest body of this route in bytes; then 413. Default: the limits of the REST module. */
  readonly bodyLimitBytes?: number;
  /** Milliseconds for the body to arrive, of a streamed one the longest silence; then 408. Default: of the REST module. */
  readonly bodyTimeoutMs?: number;
  /** Media types of the bodies that the route takes; others are 415. Default: JSON, forms and text are parsed, everything else is streamed. */
  readonly consumes?: readonly string[];
  /** Media types of successful answers, for the documentation; the first is the content type of strings, bytes and streams whose handler names none. */
  readonly produces?: string | readonly string[];
  /** Files of multipart forms, by field; a file in another field is 400. Default: any. */
  readonly files?: Readonly<Record<string, FileRule>>;
  /**
   * `accepted`: the request is kept in a queue and answered with 202 and a status URL at once; the Step runs from there, with
   * its retries. Needs the queue module. `queue` names another queue than `default`. Default `result`.
   */
  readonly respond?: RespondMode | { readonly mode: RespondMode; readonly queue?: string };
  /** A request that comes again with its `Idempotency-Key` is not run again: it gets the response that the first one got. Default false. */
  readonly idempotency?: boolean | IdempotencyOptions;
  /** The handler runs unless this gives `false`; then the answer is 422. */
  readonly condition?: TriggerCondition;
}

/** When a request is answered: with what its handler returns, or as soon as it is kept in a queue. */
export type RespondMode = 'result' | 'accepted';

export interface IdempotencyOptions {
  /** A request without a key is 400. Default false: it runs as any other. */
  readonly required?: boolean;
  /** Milliseconds that a response is kept. Default 86,400,000. */
  readonly ttlMs?: number;
  /** Headers that tell clients apart: the key of one is not the key of another. Default `authorization`. */
  readonly scopeHeaders?: readonly string[];
}

/** What may come in one file field of a form. */
export interface FileRule {
  readonly description?: string;
  /** A form without it is 400. Default false. */
  readonly required?: boolean;
  /** More than one file may come in the field. Default false. */
  readonly multiple?: boolean;
  /** Types, as the client names them: `image/*`. Default: any. */
  readonly contentTypes?: readonly string[];
}

export interface QueueTrigger<TSchema extends StepSchemaInput | undefined = StepSchemaInput | undefined> {
  readonly type: 'queue';
  readonly topic: string;
  readonly input?: TSchema;
  readonly condition?: TriggerCondition;
  readonly config?: Partial<QueueConfig>;
  /** @deprecated Use `config`. */
  readonly infrastructure?: InfrastructureConfig;
}
/** A message that was published while this process was listening: at most once, nothing is kept. */
export interface SubscribeTrigger<TSchema extends StepSchemaInput | undefined = StepSchemaInput | undefined> {
  readonly type: 'subscribe';
  readonly topic: string;
  /** Checked before the handler runs; a message that does not fit is logged and dropped. */
  readonly input?: TSchema;
  readonly condition?: TriggerCondition;
}
/** @typeParam T what is stored there */
export interface StateTrigger<T = unknown> {
  readonly type: 'state';
  /** Only changes of this scope. */
  readonly scope?: string;
  /** Only changes of this key. */
  readonly key?: string;
  readonly condition?: TriggerCondition;
  readonly [carries]?: T;
}
/** @typeParam T the items of the stream */
export interface StreamTrigger<T = unknown> {
  readonly type: 'stream';
  readonly streamName: string;
  readonly groupId?: string;
  readonly itemId?: string;
  readonly condition?: TriggerCondition;
  readonly [carries]?: T;
}
/** Records of the log, of every process and of the engine. What the Step itself logs, however far down its calls and messages, starts nothing. */
export interface LogTrigger {
  readonly type: 'log';
  /** Records of this level and above. Default `all`. */
  readonly level?: 'all' | LogLevel;
  readonly condition?: TriggerCondition;
}
/** Stands before the handlers of HTTP routes, whichever process serves them. */
export interface HttpMiddlewareTrigger {
  readonly type: 'http_middleware';
  /** After the request was read and checked, before condition and handler. Default and only value `preHandler`. */
  readonly phase?: 'preHandler';
  /** Lower numbers run first. Default 0. */
  readonly priority?: number;
  /** Only routes at and below this pattern. Default: all. */
  readonly path?: string;
  /** Only routes of these methods. Default: all. */
  readonly methods?: readonly ApiRouteMethod[];
  /** Milliseconds for the answer, within the time of the route; then 504. */
  readonly timeoutMs?: number;
  /** It runs unless this gives `false`; then the request goes on. */
  readonly condition?: TriggerCondition;
}
export type TriggerConfig = ApiTrigger | QueueTrigger | CronTrigger | OneOffTrigger | SubscribeTrigger | StateTrigger | StreamTrigger | LogTrigger | HttpMiddlewareTrigger;

/** A topic that a Step enqueues to; `label` and `conditional` are shown in the flow view. */
export type Enqueue = string | { readonly topic: string; readonly label?: string; readonly conditional?: boolean };

/** What a Step is: its name, what starts it, and what the flow view shows of it. */
export interface StepConfig {
  /** Unique within the project; part of every function id. */
  readonly name: string;
  readonly description?: string;
  readonly triggers: readonly TriggerConfig[];
  /** Topics that the handler may enqueue to. */
  readonly enqueues?: readonly Enqueue[];
  /** Shown in the flow view, never enqueued. */
  readonly virtualEnqueues?: readonly Enqueue[];
  readonly virtualSubscribes?: readonly string[];
  readonly flows?: readonly string[];
  /** Files to put beside the bundle: globs relative to the Step file. */
  readonly includeFiles?: readonly string[];
  /** @deprecated Write it on the HTTP trigger. Here it applies to all of them. */
  readonly middleware?: readonly ApiMiddleware[];
  /** @deprecated Write `config` on the queue trigger. */
  readonly infrastructure?: InfrastructureConfig;
}

/** A Step with the file it came from. */
export interface Step {
  readonly filePath: string;
  readonly config: StepConfig;
}
