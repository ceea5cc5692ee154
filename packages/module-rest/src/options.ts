import { Type, type Static } from '@sinclair/typebox';
import { defineOptions } from '@motia/engine-core';
import type { OptionsSchema } from '@motia/engine-core/contract';
import { middlewareEntrySchema } from './middleware-config.js';

const bytes = (value: number, description: string) => Type.Integer({ default: value, minimum: 1, maximum: 1024 ** 3, unit: 'bytes', description });
const milliseconds = (value: number, description: string) => Type.Integer({ default: value, minimum: 1, maximum: 2_147_483_647, unit: 'ms', description });

const corsSchema = Type.Object({
  allowed_origins: Type.Optional(Type.Array(Type.String({ minLength: 1 }), { description: 'Origins such as `https://app.example.com`. Empty, absent or `*`: any origin, never with credentials.' })),
  allowed_methods: Type.Optional(Type.Array(Type.String({ minLength: 1 }), { description: 'Methods a preflight may ask for. Empty, absent or `*`: the methods that the path has.' })),
}, { description: 'Cross-origin access. Absent: none. Any request header may be sent, credentials never.' });

const network = Type.String({ pattern: '^(?:loopback|linklocal|uniquelocal|[0-9A-Fa-f:.]+(?:/\\d{1,3})?)$', hint: 'must be an IP address, a network such as 10.0.0.0/8, loopback, linklocal or uniquelocal' });
const trustSchema = Type.Union([Type.Boolean(), Type.Integer({ minimum: 0, maximum: 100 }), Type.Array(network, { minItems: 1 })], {
  default: false,
  description: 'Proxies whose X-Forwarded-For and X-Forwarded-Proto are believed: how many stand in front, or which addresses they have. true believes anybody.',
});

const requestIdSchema = Type.Object({
  header: Type.String({ default: 'x-request-id', pattern: "^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}$", hint: 'must be a header name', description: 'Header that carries the id of a request, both ways.' }),
  accept: Type.Boolean({ default: true, description: "Takes the client's own id. false: always a new one." }),
}, { default: {}, description: 'The id that logs, errors and answers show of a request.' });

const openApiSchema = Type.Object({
  enabled: Type.Boolean({ default: true, description: 'false: `openapi.json` answers 404.' }),
  title: Type.String({ default: 'API', minLength: 1, description: 'Name of the API.' }),
  version: Type.String({ default: '1.0.0', minLength: 1, description: 'Version of the API.' }),
  description: Type.Optional(Type.String({ description: 'What the API is, in Markdown.' })),
  servers: Type.Optional(Type.Array(Type.String({ minLength: 1 }), { minItems: 1, description: 'Base URLs that clients should use. Default: where the document came from.' })),
}, { default: {}, description: 'The OpenAPI 3.1 document of the registered routes, at `openapi.json`.' });

const serverSchema = Type.Object({
  headers_timeout_ms: milliseconds(10_000, 'Time for a request head to arrive; then 408.'),
  request_timeout_ms: milliseconds(60_000, 'Time for a whole request, body included, to arrive; then 408.'),
  write_timeout_ms: milliseconds(30_000, 'Time for a client to take a response that its connection has no room for; then the connection is cut.'),
  keep_alive_timeout_ms: milliseconds(5_000, 'How long an idle connection is kept.'),
  connections_checking_interval_ms: milliseconds(5_000, 'How often the two request timeouts are looked at.'),
  max_header_bytes: Type.Integer({ default: 16_384, minimum: 1024, maximum: 1_048_576, unit: 'bytes', description: 'Largest request head; then 431.' }),
  max_connections: Type.Integer({ default: 10_000, minimum: 1, maximum: 1_000_000, description: 'Open connections; further ones are closed at once.' }),
  max_connections_per_address: Type.Integer({ default: 0, minimum: 0, maximum: 1_000_000, description: 'Open connections of one address; further ones are closed at once. Loopback and trusted proxies never count. 0: no limit.' }),
  drain_delay_ms: Type.Integer({ default: 0, minimum: 0, maximum: 600_000, unit: 'ms', description: 'How long new connections are still served after the engine was told to stop, while `readyz` says 503: time for a load balancer to send its requests elsewhere. Within the time that the engine gives for draining.' }),
  max_requests_per_socket: Type.Integer({ default: 1_000, minimum: 0, maximum: 1_000_000_000, description: 'Requests on one connection before it is closed. 0: no limit.' }),
}, { default: {}, description: 'Limits of the HTTP server.' });

const idempotencySchema = Type.Object({
  store_method: Type.Optional(Type.Union([Type.Literal('file_based'), Type.Literal('in_memory')], { description: 'Where responses are kept. `file_based`: in the store of the engine. `in_memory`: in this process. Unset: in files where a config.yaml and a store are there, else in memory.' })),
  file_path: Type.Optional(Type.String({ minLength: 1, description: 'Folder of the store, for `file_based`. Default: that of the store module.' })),
  max_response_bytes: bytes(1_048_576, 'Larger responses are not kept: their request is not run again, and a repetition is 409.'),
  memory_limit_bytes: bytes(67_108_864, 'Of all responses and keys that are kept in memory; the oldest make room.'),
}, { default: {}, description: 'Where the responses of routes with `idempotency` are kept.' });

const uploadsSchema = Type.Object({
  limit_bytes: Type.Integer({ default: 104_857_600, minimum: 1, unit: 'bytes', description: 'Largest streamed body: a multipart form, or a body that is not parsed; after decompression; then 413. A trigger may set `body_limit_bytes`.' }),
  file_limit_bytes: Type.Integer({ default: 104_857_600, minimum: 1, unit: 'bytes', description: 'Largest file of a multipart form; then 413.' }),
  field_limit_bytes: bytes(1_048_576, 'Largest field of a multipart form; then 413. All fields together may have `body_limit_bytes`.'),
  max_files: Type.Integer({ default: 100, minimum: 0, maximum: 100_000, description: 'Files in one form; then 413.' }),
  max_fields: Type.Integer({ default: 1_000, minimum: 0, maximum: 100_000, description: 'Fields in one form; then 413.' }),
}, { default: {}, description: 'Limits of multipart forms and streamed bodies. Neither is held in memory.' });

/** Options of `modules::api::RestApiModule` as config.yaml writes them. */
export const restOptionsSchema = Type.Object({
  port: Type.Integer({ default: 3111, minimum: 0, maximum: 65_535, description: '0 takes a free port.' }),
  host: Type.Optional(Type.String({ minLength: 1, description: 'Address to listen on. Unset or `localhost`: 127.0.0.1, and ::1 where present. `0.0.0.0` opens it to the network.' })),
  listen: Type.Boolean({ default: true, description: 'false: no port is opened; the routes are served where `RestService.router` is mounted.' }),
  default_timeout: milliseconds(30_000, 'Time a handler has to answer, its condition included; then 504. A trigger may set `timeout_ms`.'),
  concurrency_request_limit: Type.Integer({ default: 1024, minimum: 1, maximum: 1_000_000, description: 'Requests that handlers may be working on. 256 more wait up to 1 s; then 503 with Retry-After.' }),
  cors: Type.Optional(corsSchema),
  body_limit_bytes: bytes(1_048_576, 'Largest request body, after decompression; then 413.'),
  response_limit_bytes: bytes(16_777_216, 'Largest response body of a handler; then 500.'),
  trailing_slash: Type.Union([Type.Literal('ignore'), Type.Literal('strict')], { default: 'ignore', description: '`ignore`: `/users/` and `/users` are one path. `strict`: they are two.' }),
  system_routes: Type.String({ default: '/', pattern: '^/(?:[A-Za-z0-9._~-]+(?:/[A-Za-z0-9._~-]+)*)?$', hint: 'must be a path such as /_system', description: 'Where `healthz`, `readyz`, `openapi.json` and `__motia` live. Paths there are reserved.' }),
  allowed_hosts: Type.Optional(Type.Array(Type.String({ minLength: 1 }), { description: 'Names accepted in the Host header beside localhost and IP addresses; `.example.com` takes subdomains, `*` any. Unset: checked in development, not in production.' })),
  server: serverSchema,
  middleware: Type.Array(middlewareEntrySchema, { default: [], description: 'Functions that see every request before its handler does, and may answer it.' }),
  trust_proxy: trustSchema,
  not_found_function: Type.Optional(Type.String({ minLength: 1, description: 'Function that answers requests for unknown paths, with status 404 unless it says otherwise.' })),
  request_id: requestIdSchema,
  openapi: openApiSchema,
  idempotency: idempotencySchema,
  uploads: uploadsSchema,
});

/** Options with their defaults filled in. */
export type RestOptions = Static<typeof restOptionsSchema>;

/** Checks options of the module. @throws `MOTIA_ENGINE_OPTIONS_INVALID` */
export const restOptions: OptionsSchema<RestOptions> = defineOptions(restOptionsSchema);

/** Options as a program writes them for `rest({ … })`: all may be left out. */
export type RestInput = {
  readonly [K in Exclude<keyof RestOptions, Nested>]?: RestOptions[K];
} & { readonly [K in Exclude<Nested, 'middleware'>]?: Partial<RestOptions[K]> } & {
  readonly middleware?: readonly (Partial<RestOptions['middleware'][number]> & { readonly function_id: string })[];
};
type Nested = 'server' | 'uploads' | 'request_id' | 'openapi' | 'idempotency' | 'middleware';
