import { STATUS_CODES } from 'node:http';
import type { JsonSchema } from '@motia/engine-core/contract';
import { requestContent, responseContent } from './openapi-content.js';
import { isRecord, type SchemaComponents } from './openapi-schema.js';
import type { Route } from './route.js';
import { isByStatus } from './schema-check.js';
import { producedTypes } from './trigger-config.js';
import type { HttpTriggerConfig, QuerySchema } from './trigger-schema.js';

type Json = Readonly<Record<string, unknown>>;

/** What the document says of a route beside its config. */
export interface OperationFacts {
  readonly operationId: string;
  readonly description: string | undefined;
  readonly tags: readonly string[];
  /** Names of the path parameters as the path of the document spells them. */
  readonly paramNames: readonly string[];
}

/** Methods whose requests usually have a body. */
const bodyMethods = new Set(['POST', 'PUT', 'PATCH']);

/** The operation object of a route. */
export function describeOperation(route: Route, facts: OperationFacts, components: SchemaComponents): Json {
  const { config } = route.trigger;
  const parameters = [...pathParameters(route, facts.paramNames), ...keyParameter(route), ...queryParameters(config.query_params ?? config.queryParams, facts.operationId, components)];
  const body = requestBody(route, facts.operationId, components);
  return {
    operationId: facts.operationId,
    ...(facts.description === undefined ? {} : { description: facts.description }),
    ...(facts.tags.length === 0 ? {} : { tags: facts.tags }),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === undefined ? {} : { requestBody: body }),
    responses: route.accepted === undefined ? responses(config, facts.operationId, components) : acceptedResponses(config, facts.operationId, components),
  };
}

function keyParameter({ idempotency }: Route): Json[] {
  if (idempotency === undefined) return [];
  return [{ name: 'Idempotency-Key', in: 'header', required: idempotency.isRequired, description: 'The same for a request that is repeated: it is run once, and its response given again.', schema: { type: 'string', minLength: 1, maxLength: 255 } }];
}

/** What the function returns is shown later, by the status URL. */
function acceptedResponses(config: HttpTriggerConfig, operationId: string, components: SchemaComponents): Json {
  const declared = config.response_schema ?? config.responseSchema;
  if (declared !== undefined && !isByStatus(declared)) components.keep(`${operationId}Response`, declared);
  return { '202': { $ref: '#/components/responses/Accepted' }, default: { $ref: '#/components/responses/Error' } };
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
  const { consumes, files } = config;
  const schema = config.body_schema ?? config.bodySchema;
  if (schema === undefined && consumes === undefined && files === undefined && !bodyMethods.has(route.method)) return undefined;
  const placed = schema === undefined ? {} : components.place(`${operationId}Body`, schema);
  // Whether a body may be left out is what the schema says of null, which is what the handler would get.
  const isRequired = route.checkBody?.(null) !== undefined || Object.values(files ?? {}).some(({ required }) => required === true);
  return { required: isRequired, content: requestContent({ schema, placed, consumes, files }) };
}

function responses(config: HttpTriggerConfig, operationId: string, components: SchemaComponents): Json {
  const declared = config.response_schema ?? config.responseSchema;
  const produces = producedTypes(config);
  const result: Record<string, unknown> = {};
  if (declared === undefined) result['2XX'] = { description: 'Success', content: responseContent(undefined, produces) };
  else if (!isByStatus(declared)) result['2XX'] = { description: 'Success', content: responseContent(components.place(`${operationId}Response`, declared), produces) };
  else {
    for (const [status, schema] of Object.entries(declared)) {
      const key = status.toLowerCase() === 'default' ? 'default' : status.toUpperCase();
      const description = STATUS_CODES[status] ?? (key === 'default' ? 'Any other answer' : `Status ${key}`);
      // What a route produces is what it gives when all goes well.
      result[key] = { description, content: responseContent(components.place(`${operationId}Response${capital(key)}`, schema as JsonSchema), key.startsWith('2') ? produces : undefined) };
    }
  }
  result['default'] ??= { $ref: '#/components/responses/Error' };
  return result;
}

function capital(text: string): string {
  const word = text.replace(/[^A-Za-z0-9]+/g, '_');
  return `${word.slice(0, 1).toUpperCase()}${word.slice(1)}`;
}
