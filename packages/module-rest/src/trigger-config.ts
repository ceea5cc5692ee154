import { defineOptions } from '@motia/engine-core';
import type { OptionsSchema } from '@motia/engine-core/contract';
import { restErrors } from './errors.js';
import type { FileRules } from './file-rules.js';
import { MediaRanges } from './media-range.js';
import { parseRoutePattern, type RoutePattern } from './route-pattern.js';
import { compileQueryCheck, compileResponseChecks, compileSchemaCheck, formCheck, type FormCheck, type QueryCheck, type ResponseChecks, type SchemaCheck } from './schema-check.js';
import { httpTriggerSchema, type HttpTriggerConfig, type RouteMethod } from './trigger-schema.js';

const checkKeys = defineOptions(httpTriggerSchema) as OptionsSchema<HttpTriggerConfig>;

/** How a route treats requests that come again. */
export interface IdempotencyRule {
  readonly isRequired: boolean;
  readonly ttlMs: number;
  /** In lower case. */
  readonly scopeHeaders: readonly string[];
}

/** How requests are run later. */
export interface AcceptedRule {
  readonly queue: string | undefined;
  /** Milliseconds for one run; undefined: the queue's. */
  readonly runMs: number | undefined;
}

/** A trigger config as the dispatcher uses it: pattern read, schemas compiled. */
export interface RouteSettings {
  readonly method: RouteMethod;
  readonly pattern: RoutePattern;
  readonly timeoutMs: number | undefined;
  readonly checkBody: SchemaCheck | undefined;
  /** For form fields, whose values are text: coerces them. */
  readonly checkForm?: FormCheck | undefined;
  readonly bodyLimitBytes?: number | undefined;
  /** Undefined: the server's. */
  readonly bodyTimeoutMs?: number | undefined;
  readonly rawBody?: boolean;
  /** Undefined: all types. */
  readonly consumes?: MediaRanges | undefined;
  readonly files?: FileRules | undefined;
  /** Of answers that are no JSON and whose handler names none. */
  readonly defaultContentType?: string | undefined;
  readonly idempotency?: IdempotencyRule | undefined;
  /** Set when requests are answered with 202 and run from a queue. */
  readonly accepted?: AcceptedRule | undefined;
  readonly checkQuery: QueryCheck | undefined;
  readonly checkResponse: ResponseChecks | undefined;
}

/** The `http` trigger config as options, and the settings read from it. */
export interface HttpTriggerOptions {
  readonly schema: OptionsSchema<HttpTriggerConfig>;
  /** Settings of a config that `schema.parse` accepted. Read once for each config. */
  settingsOf(config: HttpTriggerConfig): RouteSettings;
}

/** `parse` refuses at registration what could not be served: bad paths, bad schemas, unknown keys. */
export function httpTriggerOptions(options: { readonly isTrailingSlashStrict: boolean }): HttpTriggerOptions {
  const known = new WeakMap<object, RouteSettings>();
  const settingsOf = (config: HttpTriggerConfig): RouteSettings => {
    let settings = known.get(config);
    if (settings === undefined) known.set(config, (settings = readSettings(config, options)));
    return settings;
  };
  const parse = (input: unknown): HttpTriggerConfig => {
    const config = checkKeys.parse(withRequiredPath(input));
    settingsOf(config);
    return config;
  };
  return { schema: { jsonSchema: checkKeys.jsonSchema, parse }, settingsOf };
}

const dayMs = 86_400_000;
const changing = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);

/** @throws `MOTIA_REST_TRIGGER_KEY_MISUSED` */
function idempotencyOf(config: HttpTriggerConfig): IdempotencyRule | undefined {
  const given = config.idempotency;
  if (given === undefined || given === false) return undefined;
  assertChanging('idempotency', config);
  const { required = false, ttl_ms: ttlMs = dayMs, scope_headers: scopeHeaders = ['authorization'] } = given === true ? {} : given;
  return { isRequired: required, ttlMs, scopeHeaders: scopeHeaders.map((name) => name.toLowerCase()) };
}

/** @throws `MOTIA_REST_TRIGGER_KEY_MISUSED` */
function acceptedOf(config: HttpTriggerConfig): AcceptedRule | undefined {
  const given = config.respond;
  const { mode, queue } = typeof given === 'object' ? given : { mode: given };
  if (mode !== 'accepted') return undefined;
  assertChanging('respond', config);
  return { queue, runMs: config.timeout_ms };
}

function assertChanging(key: string, config: HttpTriggerConfig): void {
  const method = methodOf(config);
  if (!changing.has(method)) throw restErrors.TRIGGER_KEY_MISUSED({ key, problem: `${method} changes nothing` });
}

function methodOf(config: HttpTriggerConfig): RouteMethod {
  return (config.http_method ?? config.method ?? 'GET').toUpperCase() as RouteMethod;
}

/** Files come in forms: a route that names some takes nothing else, unless it says so. */
function consumedTypes({ consumes, files }: HttpTriggerConfig): MediaRanges | undefined {
  const types = consumes ?? (files === undefined ? undefined : ['multipart/form-data']);
  return types === undefined ? undefined : new MediaRanges(types);
}

/** The media types that a route says it gives. */
export function producedTypes({ produces: given }: HttpTriggerConfig): readonly string[] | undefined {
  return typeof given === 'string' ? [given] : given;
}

/** One of two spellings is required, which the key list cannot say: a config with neither is told about the first. */
function withRequiredPath(input: unknown): unknown {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) return input;
  return 'api_path' in input || 'path' in input ? input : { ...input, api_path: '' };
}

function readSettings(config: HttpTriggerConfig, options: { readonly isTrailingSlashStrict: boolean }): RouteSettings {
  const body = config.body_schema ?? config.bodySchema;
  const query = config.query_params ?? config.queryParams;
  const response = config.response_schema ?? config.responseSchema;
  return {
    method: methodOf(config),
    pattern: parseRoutePattern(config.api_path ?? config.path ?? '', options),
    // What runs from a queue has its time there; the request is answered before.
    timeoutMs: acceptedOf(config) === undefined ? config.timeout_ms : undefined,
    checkBody: body === undefined ? undefined : compileSchemaCheck('bodySchema', body),
    checkForm: body === undefined ? undefined : formCheck('bodySchema', body),
    bodyLimitBytes: config.body_limit_bytes ?? config.bodyLimitBytes,
    bodyTimeoutMs: config.body_timeout_ms ?? config.bodyTimeoutMs,
    rawBody: config.raw_body ?? config.rawBody ?? false,
    consumes: consumedTypes(config),
    files: config.files,
    defaultContentType: producedTypes(config)?.[0],
    idempotency: idempotencyOf(config),
    accepted: acceptedOf(config),
    checkQuery: query === undefined ? undefined : compileQueryCheck('queryParams', query),
    checkResponse: response === undefined ? undefined : compileResponseChecks('responseSchema', response),
  };
}
