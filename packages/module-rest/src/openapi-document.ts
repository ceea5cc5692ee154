import type { FunctionInfo } from '@motia/engine-core/contract';
import { acceptedResponse, acceptedSchemas, statusPath } from './openapi-accepted.js';
import { describeOperation } from './openapi-operation.js';
import { isRecord, SchemaComponents } from './openapi-schema.js';
import type { Route } from './route.js';
import type { RoutePattern } from './route-pattern.js';

/** What the option `openapi` says of the document. */
export interface OpenApiSettings {
  readonly title: string;
  readonly version: string;
  readonly description?: string;
  readonly servers?: readonly string[];
  /** `/__motia/requests/` */
  readonly statusPrefix: string;
}

type Json = Readonly<Record<string, unknown>>;

const errorSchema: Json = {
  type: 'object',
  required: ['error'],
  properties: {
    error: {
      type: 'object',
      required: ['code', 'message', 'retryable', 'requestId'],
      properties: {
        code: { type: 'string', examples: ['MOTIA_REST_VALIDATION_FAILED'] },
        message: { type: 'string' },
        hint: { type: 'string' },
        retryable: { type: 'boolean' },
        details: {},
        requestId: { type: 'string' },
        traceId: { type: 'string' },
      },
    },
    skipped: { type: 'boolean', description: 'true when a condition kept the request from its handler.' },
  },
};

/** Describes the routes as an OpenAPI 3.1 document: those of every worker and module alike. */
export function openApiDocument(routes: readonly Route[], functionOf: (id: string) => FunctionInfo | undefined, settings: OpenApiSettings): Json {
  const components = new SchemaComponents();
  const operationIds = new Set<string>();
  const tags = new Set<string>();
  const paths = new Map<string, { readonly path: string; readonly names: readonly string[]; readonly item: Record<string, unknown> }>();
  for (const route of [...routes].sort(byPath)) {
    const place = placeOf(route.pattern);
    const entry = paths.get(place.key) ?? { ...place, item: {} };
    paths.set(place.key, entry);
    const method = route.method.toLowerCase();
    // `/files/:name` and `/files/*rest` are one path to OpenAPI; the narrower one came first.
    if (entry.item[method] !== undefined) continue;
    const about = functionOf(route.functionId);
    const metadata = about?.metadata ?? {};
    const flows = Array.isArray(metadata['flows']) ? (metadata['flows'] as unknown[]).filter((flow) => typeof flow === 'string') : [];
    for (const flow of flows) tags.add(flow);
    const operationId = unique(operationName(route, metadata), operationIds);
    entry.item[method] = describeOperation(route, { operationId, description: about?.description, tags: flows, paramNames: entry.names }, components);
  }
  const { title, version, description, servers = ['/'], statusPrefix } = settings;
  const accepts = routes.some(({ accepted }) => accepted !== undefined);
  return {
    openapi: '3.1.0',
    info: { title, version, ...(description === undefined ? {} : { description }) },
    servers: servers.map((url) => ({ url })),
    ...(tags.size === 0 ? {} : { tags: [...tags].sort().map((name) => ({ name })) }),
    paths: { ...Object.fromEntries([...paths.values()].map(({ path, item }) => [path, item])), ...(accepts ? statusPath(statusPrefix) : {}) },
    components: {
      schemas: { ...components.schemas, MotiaError: errorSchema, ...(accepts ? acceptedSchemas : {}) },
      responses: { ...(accepts ? { Accepted: acceptedResponse } : {}), Error: { description: 'Any failure', content: { 'application/json': { schema: { $ref: '#/components/schemas/MotiaError' } } } } },
    },
  };
}

function byPath(a: Route, b: Route): number {
  const left = a.pattern.shape.replaceAll('*', '\uffff');
  const right = b.pattern.shape.replaceAll('*', '\uffff');
  return left < right ? -1 : left > right ? 1 : a.method < b.method ? -1 : 1;
}

/** Paths that differ only in the names of their parameters are one path, spelled as the first of them. */
function placeOf(pattern: RoutePattern): { readonly key: string; readonly path: string; readonly names: readonly string[] } {
  const names = pattern.segments.flatMap((segment) => (segment.kind === 'literal' ? [] : [segment.name]));
  const path = `/${pattern.segments.map((segment) => (segment.kind === 'literal' ? encodeURIComponent(segment.text) : `{${segment.name}}`)).join('/')}`;
  return { key: pattern.shape.replaceAll('*', ':'), path, names };
}

/** The name of the Step where there is one, and only one route of it; else the function and its route in words. */
function operationName(route: Route, metadata: Json): string {
  const { name, triggers } = metadata;
  if (typeof name !== 'string' || name === '') return identifier(route.functionId);
  const routes = Array.isArray(triggers) ? triggers.filter((trigger) => isRecord(trigger) && (trigger['type'] === 'http' || trigger['type'] === 'api')).length : 1;
  return identifier(routes > 1 ? `${name}_${route.method.toLowerCase()}_${route.pattern.path}` : name);
}

function identifier(text: string): string {
  const word = text.replace(/[^A-Za-z0-9]+/g, '_').replace(/^_+|_+$/g, '');
  return /^[A-Za-z]/.test(word) ? word : `op_${word}`;
}

function unique(name: string, taken: Set<string>): string {
  let candidate = name;
  for (let count = 2; taken.has(candidate); count += 1) candidate = `${name}_${count}`;
  taken.add(candidate);
  return candidate;
}
