import { STATUS_CODES } from 'node:http';
import type { JsonSchema } from '@motia/engine-core/contract';
import { isRecord, type SchemaComponents } from './openapi-schema.js';
import type { Route } from './route.js';
import { isByStatus } from './schema-check.js';
import type { QuerySchema } from './trigger-config.js';

type Json = Readonly<Record<string, unknown>>;

/** What the document says of a route beside its config. */
export interface OperationFacts {
  readonly operationId: string;
  readonly description: string | undefined;
  readonly tags: readonly string[];
  /** Names of the path parameters as the path of the document spells them. */
  readonly paramNames: readonly string[];
}

const bodyMethods = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);

/** The operation object of a route. */
export function describeOperation(route: Route, facts: OperationFacts, components: SchemaComponents): Json {
  const { config } = route.trigger;
  const parameters = [...pathParameters(route, facts.paramNames), ...queryParameters(config.query_params ?? config.queryParams, facts.operationId, components)];
  const body = requestBody(route, facts.operationId, components);
  return {
    operationId: facts.operationId,
    ...(facts.description === undefined ? {} : { description: facts.description }),
    ...(facts.tags.length === 0 ? {} : { tags: facts.tags }),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === undefined ? {} : { requestBody: body }),
    responses: responses(config.response_schema ?? config.responseSchema, facts.operationId, components),
  };
}

function pathParameters(route: Route, names: readonly string[]): Json[] {
  return route.pattern.segments
    .filter((segment) => segment.kind !== 'literal')
    .map((segment, index) => ({
      name: names[index] ?? segment.name,
      in: 'path',
      required: true,
      ...(segment.kind === 'rest' ? { description: 'What is left of the path, slashes included.' } : {}),
      schema: { type: 'string' },
    }));
}

function queryParameters(declared: QuerySchema | undefined, operationId: string, components: SchemaComponents): Json[] {
  if (declared === undefined) return [];
  if (Array.isArray(declared)) {
    return (declared as readonly { readonly name: string; readonly description?: string; readonly required?: boolean }[]).map(({ name, description, required }) => ({
      name, in: 'query', required: required === true, ...(description === undefined ? {} : { description }), schema: { type: 'string' },
    }));
  }
  const schema = declared as Json;
  const properties = schema['properties'];
  if (!isRecord(properties)) return [{ name: 'query', in: 'query', style: 'form', explode: true, schema: components.place(`${operationId}Query`, declared as JsonSchema) }];
  const required = Array.isArray(schema['required']) ? (schema['required'] as unknown[]) : [];
  const shared = Object.fromEntries(Object.entries(schema).filter(([key]) => key === '$defs' || key === 'definitions'));
  return Object.entries(properties).map(([name, property]) => {
    const { description } = isRecord(property) ? property : {};
    return {
      name, in: 'query', required: required.includes(name),
      ...(typeof description === 'string' ? { description } : {}),
      schema: components.place(`${operationId}Query${capital(name)}`, isRecord(property) ? { ...shared, ...property } : (property as boolean)),
    };
  });
}

function requestBody(route: Route, operationId: string, components: SchemaComponents): Json | undefined {
  const { config } = route.trigger;
  const declared = config.body_schema ?? config.bodySchema;
  if (declared === undefined) return bodyMethods.has(route.method) && route.method !== 'DELETE' ? { required: false, content: { 'application/json': { schema: {} } } } : undefined;
  // Whether a body may be left out is what the schema says of null, which is what the handler would get.
  const isRequired = route.checkBody?.(null) !== undefined;
  return { required: isRequired, content: { 'application/json': { schema: components.place(`${operationId}Body`, declared) } } };
}

function responses(declared: JsonSchema | boolean | undefined, operationId: string, components: SchemaComponents): Json {
  const result: Record<string, unknown> = {};
  if (declared === undefined) result['2XX'] = { description: 'Success', content: { 'application/json': { schema: {} } } };
  else if (!isByStatus(declared)) result['2XX'] = response('Success', components.place(`${operationId}Response`, declared));
  else {
    for (const [status, schema] of Object.entries(declared)) {
      const key = status.toLowerCase() === 'default' ? 'default' : status.toUpperCase();
      result[key] = response(STATUS_CODES[status] ?? (key === 'default' ? 'Any other answer' : `Status ${key}`), components.place(`${operationId}Response${capital(key)}`, schema as JsonSchema));
    }
  }
  result['default'] ??= { $ref: '#/components/responses/Error' };
  return result;
}

function response(description: string, schema: Json): Json {
  // Strings are sent as they are, not as JSON.
  const type = schema['type'] === 'string' ? 'text/plain' : 'application/json';
  return { description, content: { [type]: { schema } } };
}

function capital(text: string): string {
  const word = text.replace(/[^A-Za-z0-9]+/g, '_');
  return `${word.slice(0, 1).toUpperCase()}${word.slice(1)}`;
}
