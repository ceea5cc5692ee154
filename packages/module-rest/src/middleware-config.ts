import { Type } from '@sinclair/typebox';
import { defineOptions } from '@motia/engine-core';
import type { JsonSchema, OptionsSchema } from '@motia/engine-core/contract';
import { parseRoutePattern, type RouteSegment } from './route-pattern.js';

/** When engine-wide middleware runs: after the request was read and checked, before condition and handler. */
export type MiddlewarePhase = 'preHandler';

const phase = Type.Literal('preHandler', { default: 'preHandler', description: 'When it runs: `preHandler`, after the request was read and checked and before the condition and the handler.' });
const priority = Type.Number({ default: 0, minimum: -1_000_000, maximum: 1_000_000, description: 'Lower numbers run first; equal ones in the order of the config, then by function id.' });
const path = Type.Optional(Type.String({ minLength: 1, maxLength: 2048, description: 'Only routes at or below this pattern, compared as patterns: `/admin` covers the routes `/admin` and `/admin/users/:id`. Default: all routes.' }));
const methods = Type.Optional(Type.Array(Type.String({ minLength: 1 }), { minItems: 1, description: 'Only routes of these methods. Default: all.' }));
const timeout = Type.Optional(Type.Integer({ minimum: 1, maximum: 2_147_483_647, unit: 'ms', description: 'Time for its answer, within the time of the route; then 504. Default: what the route has left.' }));

const triggerSchema = Type.Object({ phase, priority, path, methods, timeout_ms: timeout, metadata: Type.Optional(Type.Object({}, { additionalProperties: true, description: 'Kept for tools, without effect.' })) });
const checkKeys: OptionsSchema<HttpMiddlewareConfig> = defineOptions(triggerSchema);

/** One entry of the option `middleware`. */
export const middlewareEntrySchema = Type.Object({
  function_id: Type.String({ minLength: 1, description: 'The function that sees the requests.' }),
  phase, priority, path, methods, timeout_ms: timeout,
}, { description: 'Engine-wide middleware. Requests fail while its function is missing.' });

/** Config of a trigger of type `http_middleware`. */
export interface HttpMiddlewareConfig {
  readonly phase: MiddlewarePhase;
  readonly priority: number;
  readonly path?: string;
  readonly methods?: readonly string[];
  readonly timeout_ms?: number;
  readonly metadata?: Readonly<Record<string, unknown>>;
}

/** The `http_middleware` trigger config. `parse` refuses at registration a path that no route could lie below. */
export const httpMiddlewareOptions: OptionsSchema<HttpMiddlewareConfig> = {
  jsonSchema: checkKeys.jsonSchema,
  parse(input) {
    const config = checkKeys.parse(input);
    if (config.path !== undefined) parseMountPath(config.path);
    return config;
  },
};

const texts: JsonSchema = { type: 'object', additionalProperties: { anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }] } };

/** What a middleware function gets. */
export const middlewareInputSchema: JsonSchema = {
  type: 'object',
  required: ['phase', 'request', 'context'],
  properties: {
    phase: { const: 'preHandler' },
    request: {
      type: 'object',
      properties: {
        path_params: { type: 'object', additionalProperties: { type: 'string' } },
        query_params: { type: 'object' },
        headers: texts,
        method: { type: 'string' },
        path: { type: 'string', description: 'The registered pattern of the route.' },
        request_id: { type: 'string' },
        client_address: { type: 'string' },
        protocol: { enum: ['http', 'https'] },
      },
    },
    context: { type: 'object', description: 'What earlier middleware put there; the handler gets it too.' },
  },
};

/**
 * Reads a path that stands for itself and everything below it.
 * @throws `MOTIA_REST_INVALID_ROUTE`
 */
export function parseMountPath(given: string): readonly RouteSegment[] {
  const { segments } = parseRoutePattern(given.length > 1 ? given.replace(/\/+$/, '') || '/' : given);
  return segments.at(-1)?.kind === 'rest' ? segments.slice(0, -1) : segments;
}
