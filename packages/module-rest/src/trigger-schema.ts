import { Type, type TSchema } from '@sinclair/typebox';
import type { JsonSchema } from '@motia/engine-core/contract';
import type { FileRules } from './file-rules.js';

/** Methods that a route may have. */
export const ROUTE_METHODS = ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS'] as const;
/** A method that a route may have. */
export type RouteMethod = (typeof ROUTE_METHODS)[number];

const anyCase = (word: string): string => [...word].map((letter) => `[${letter}${letter.toLowerCase()}]`).join('');
const method = Type.String({ pattern: `^(?:${ROUTE_METHODS.map(anyCase).join('|')})$`, hint: `must be one of ${ROUTE_METHODS.join(', ')}`, description: 'Default GET.' });
const path = Type.String({ minLength: 1, maxLength: 2048, description: '`/users/:id`; a trailing `*rest` takes what is left. The leading slash may be left out.' });
const schema = Type.Union([Type.Object({}, { additionalProperties: true }), Type.Boolean()]);
const queryItem = Type.Object({ name: Type.String({ minLength: 1 }), description: Type.Optional(Type.String()), required: Type.Optional(Type.Boolean()) }, { additionalProperties: true });
const bodySchema = { ...schema, description: 'JSON Schema of the body; 400 when it does not fit.' };
const querySchema = Type.Union([...schema.anyOf, Type.Array(queryItem)], { description: 'JSON Schema of the query, whose values are coerced to it, or a list of `{ name, description?, required? }`.' });
const responseSchema = { ...schema, description: 'JSON Schema of successful bodies, or one for each status. Broken: 500 in development, a warning in production.' };
const bodyLimit = Type.Integer({ minimum: 1, unit: 'bytes', description: 'Largest body of this route, streamed or not; then 413. Default: `body_limit_bytes` of the module, for streams and uploads `uploads.limit_bytes`.' });
const bodyTimeout = Type.Integer({ minimum: 1, maximum: 2_147_483_647, unit: 'ms', description: 'Time for the body to arrive, of a streamed one the longest silence; then 408. Default: `server.request_timeout_ms` of the module.' });
const rawBody = Type.Boolean({ description: 'The handler gets the exact bytes beside the parsed body, as `raw_body`; no body of the route is streamed then.' });
const mediaRange = Type.String({ pattern: "^[A-Za-z0-9*][A-Za-z0-9!#$&^_.*-]*/[A-Za-z0-9*][A-Za-z0-9!#$&^_.+*-]*$", hint: 'must be a media type such as image/png, or a range such as image/*' });
const consumes = Type.Array(mediaRange, { minItems: 1, description: 'Media types of the bodies that the route takes; others are 415. Default: JSON, forms and text are parsed, everything else is streamed.' });
const producedType = Type.String({ pattern: "^[A-Za-z0-9][A-Za-z0-9!#$&^_.-]*/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]*(?:;[\\t\\x20-\\x7e]*)?$", hint: 'must be a media type such as text/csv' });
const produces = Type.Union([producedType, Type.Array(producedType, { minItems: 1 })], { description: 'Media types of successful answers, for the documentation; the first is the content type of strings, bytes and streams whose handler names none.' });
const fileRule = Type.Object({
  description: Type.Optional(Type.String()),
  required: Type.Optional(Type.Boolean({ description: 'A form without it is 400. Default false.' })),
  multiple: Type.Optional(Type.Boolean({ description: 'More than one file may come in the field. Default false.' })),
  content_types: Type.Optional(Type.Array(mediaRange, { minItems: 1, description: 'Types, as the client names them. Default: any.' })),
});
const files = Type.Record(Type.String({ minLength: 1 }), fileRule, { description: 'Files of multipart forms, by field; a file in another field is 400. The route takes forms only then, unless `consumes` says more. Default: any.' });
const idempotency = Type.Union([
  Type.Boolean(),
  Type.Object({
    required: Type.Optional(Type.Boolean({ description: 'A request without a key is 400. Default false: it runs as any other.' })),
    ttl_ms: Type.Optional(Type.Integer({ minimum: 1, maximum: 2_147_483_647_000, unit: 'ms', description: 'How long responses are kept. Default 24 hours.' })),
    scope_headers: Type.Optional(Type.Array(Type.String({ minLength: 1 }), { description: 'Headers that tell clients apart: the key of one is not the key of another. Default `authorization`.' })),
  }),
], { description: 'A request that comes again with its `Idempotency-Key` is not run again: it gets the response that the first one got.' });
const respond = Type.Union([
  Type.Literal('accepted'),
  Type.Literal('result'),
  Type.Object({ mode: Type.Union([Type.Literal('accepted'), Type.Literal('result')]), queue: Type.Optional(Type.String({ minLength: 1, description: 'Named queue that the runs go through. Default: `default`.' })) }),
], { description: '`accepted`: the request is kept in a queue and answered with 202 and a status URL at once; the function runs from the queue. Default `result`.' });

/** Keys of a trigger of type `http`. The snake_case and camelCase spellings of a key mean the same. */
export const httpTriggerSchema: TSchema = Type.Object({
  api_path: Type.Optional(path),
  path: Type.Optional(path),
  http_method: Type.Optional(method),
  method: Type.Optional(method),
  condition_function_id: Type.Optional(Type.String({ minLength: 1, description: 'A function that sees the request first; a literal false answers 422.' })),
  body_schema: Type.Optional(bodySchema),
  bodySchema: Type.Optional(bodySchema),
  query_params: Type.Optional(querySchema),
  queryParams: Type.Optional(querySchema),
  response_schema: Type.Optional(responseSchema),
  responseSchema: Type.Optional(responseSchema),
  timeout_ms: Type.Optional(Type.Integer({ minimum: 1, maximum: 2_147_483_647, unit: 'ms', description: 'Time for the handler, its condition included; then 504. Default: `default_timeout` of the module.' })),
  metadata: Type.Optional(Type.Object({}, { additionalProperties: true, description: 'Kept for tools, without effect.' })),
  middleware_function_ids: Type.Optional(Type.Array(Type.String({ minLength: 1 }), { description: 'Middleware functions of this route, in order, after the engine-wide ones. Requests fail while one is missing.' })),
  respond: Type.Optional(respond),
  idempotency: Type.Optional(idempotency),
  body_limit_bytes: Type.Optional(bodyLimit),
  bodyLimitBytes: Type.Optional(bodyLimit),
  body_timeout_ms: Type.Optional(bodyTimeout),
  bodyTimeoutMs: Type.Optional(bodyTimeout),
  raw_body: Type.Optional(rawBody),
  rawBody: Type.Optional(rawBody),
  consumes: Type.Optional(consumes),
  produces: Type.Optional(produces),
  files: Type.Optional(files),
});
/** Config of a trigger of type `http`. The snake_case and camelCase spellings of a key mean the same. */
export interface HttpTriggerConfig {
  readonly api_path?: string;
  readonly path?: string;
  readonly http_method?: string;
  readonly method?: string;
  readonly condition_function_id?: string;
  readonly body_schema?: JsonSchema;
  readonly bodySchema?: JsonSchema;
  readonly query_params?: QuerySchema;
  readonly queryParams?: QuerySchema;
  readonly response_schema?: JsonSchema;
  readonly responseSchema?: JsonSchema;
  readonly timeout_ms?: number;
  readonly body_limit_bytes?: number;
  readonly bodyLimitBytes?: number;
  readonly body_timeout_ms?: number;
  readonly bodyTimeoutMs?: number;
  readonly raw_body?: boolean;
  readonly rawBody?: boolean;
  readonly consumes?: readonly string[];
  readonly produces?: string | readonly string[];
  readonly files?: FileRules;
  readonly middleware_function_ids?: readonly string[];
  readonly idempotency?: boolean | { readonly required?: boolean; readonly ttl_ms?: number; readonly scope_headers?: readonly string[] };
  readonly respond?: RespondMode | { readonly mode: RespondMode; readonly queue?: string };
  readonly metadata?: Readonly<Record<string, unknown>>;
}
/** When a request is answered: with what its function returns, or as soon as it is kept in a queue. */
export type RespondMode = 'result' | 'accepted';
/** JSON Schema of the query, or a list of the parameters. */
export type QuerySchema = JsonSchema | readonly { readonly name: string; readonly description?: string; readonly required?: boolean }[];
