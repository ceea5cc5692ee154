import type { InvokeOptions, SpanAttributes, Trigger } from '@motia/engine-core/contract';
import type { FileRules } from './file-rules.js';
import { payloadFrame, type PayloadFrame } from './http-payload.js';
import type { MediaRanges } from './media-range.js';
import type { Middleware } from './middleware-set.js';
import { parseRoutePattern, type RoutePattern } from './route-pattern.js';
import type { Routable } from './route-table.js';
import type { FormCheck, QueryCheck, ResponseChecks, SchemaCheck } from './schema-check.js';
import type { AcceptedRule, IdempotencyRule, RouteSettings } from './trigger-config.js';
import type { HttpTriggerConfig, RouteMethod } from './trigger-schema.js';

/** A bound `http` trigger with all that a request needs of it, made once. */
export interface Route extends Routable {
  readonly method: RouteMethod;
  readonly pattern: RoutePattern;
  readonly trigger: Trigger<HttpTriggerConfig>;
  readonly functionId: string;
  readonly timeoutMs: number;
  readonly frame: PayloadFrame;
  /** What the spans of its requests have alike. */
  readonly span: { readonly name: string; readonly common: SpanAttributes };
  /** Shared by all calls that bring no trace of their own. */
  readonly invokeOptions: InvokeOptions & Required<Pick<InvokeOptions, 'timeoutMs' | 'wireResult' | 'trigger'>>;
  readonly checkBody: SchemaCheck | undefined;
  readonly checkForm: FormCheck | undefined;
  /** Of this route's own; undefined: the module's. */
  readonly bodyLimitBytes: number | undefined;
  readonly bodyTimeoutMs: number | undefined;
  readonly rawBody: boolean;
  /** Types of bodies that it takes; undefined: all. */
  readonly consumes: MediaRanges | undefined;
  /** Files that its forms may bring; undefined: any. */
  readonly files: FileRules | undefined;
  readonly defaultContentType: string | undefined;
  readonly idempotency: IdempotencyRule | undefined;
  readonly accepted: AcceptedRule | undefined;
  /** Nothing of its own stands between a request and its function. */
  readonly isDirect: boolean;
  readonly checkQuery: QueryCheck | undefined;
  readonly checkResponse: ResponseChecks | undefined;
  /** Engine-wide middleware before it; set anew by the binder whenever routes or middleware change. */
  middleware: readonly Middleware[] | undefined;
  /** Where the handler names no status. */
  readonly defaultStatus: number;
}

/** Joins a trigger with the settings read from its config. */
export function makeRoute(trigger: Trigger<HttpTriggerConfig>, settings: RouteSettings, defaultTimeoutMs: number): Route {
  const { method, pattern } = settings;
  const timeoutMs = settings.timeoutMs ?? defaultTimeoutMs;
  return {
    method,
    pattern,
    trigger,
    functionId: trigger.functionId,
    timeoutMs,
    frame: payloadFrame(pattern.path, method),
    span: { name: `${method} ${pattern.path}`, common: { 'http.request.method': method, 'http.route': pattern.path } },
    invokeOptions: { timeoutMs, wireResult: true, trigger: { id: trigger.id, type: trigger.type } },
    checkBody: settings.checkBody,
    checkForm: settings.checkForm,
    bodyLimitBytes: settings.bodyLimitBytes,
    bodyTimeoutMs: settings.bodyTimeoutMs,
    rawBody: settings.rawBody === true,
    consumes: settings.consumes,
    files: settings.files,
    defaultContentType: settings.defaultContentType,
    idempotency: settings.idempotency,
    accepted: settings.accepted,
    isDirect: trigger.conditionFunctionId === undefined && settings.idempotency === undefined && settings.accepted === undefined,
    checkQuery: settings.checkQuery,
    // What is answered before the function ran is not its response.
    checkResponse: settings.accepted === undefined ? settings.checkResponse : undefined,
    middleware: undefined,
    defaultStatus: 200,
  };
}

/** Where requests go that no route, app or system path takes. */
export function makeNotFoundRoute(functionId: string, timeoutMs: number): Route {
  const config: HttpTriggerConfig = { api_path: '/*path' };
  const trigger: Trigger<HttpTriggerConfig> = { id: 'rest::not_found', type: 'http', functionId, config, generation: 0, owners: ['not_found_function'] };
  const pattern = parseRoutePattern('/*path');
  const route = makeRoute(trigger, { method: 'GET', pattern, timeoutMs: undefined, checkBody: undefined, checkQuery: undefined, checkResponse: undefined }, timeoutMs);
  return { ...route, defaultStatus: 404 };
}
