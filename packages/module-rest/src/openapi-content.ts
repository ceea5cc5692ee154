import type { JsonSchema } from '@motia/engine-core/contract';
import type { FileRules } from './file-rules.js';
import { isRecord } from './openapi-schema.js';

type Json = Readonly<Record<string, unknown>>;
type Content = Readonly<Record<string, Json>>;

/** Bytes: `format` is what generators look for, `contentMediaType` what 3.1 says. */
const binary: Json = { type: 'string', format: 'binary', contentMediaType: 'application/octet-stream' };
const json = 'application/json';
const urlencoded = 'application/x-www-form-urlencoded';
const multipart = 'multipart/form-data';

export interface BodyFacts {
  /** As declared; undefined when the body is not. */
  readonly schema: JsonSchema | boolean | undefined;
  /** The same where the document has it. */
  readonly placed: Json;
  readonly consumes: readonly string[] | undefined;
  readonly files: FileRules | undefined;
}

/** The content map of a request body: what the route takes, or else what every route takes. */
export function requestContent(facts: BodyFacts): Content {
  const { consumes, files, schema, placed } = facts;
  const types = consumes ?? (files !== undefined ? [multipart] : schema === undefined ? [json, '*/*'] : fitsForms(schema) ? [json, urlencoded, multipart] : [json]);
  return Object.fromEntries(types.map((type) => [type, bodyOfType(type, placed, files)]));
}

function bodyOfType(type: string, placed: Json, files: FileRules | undefined): Json {
  if (type === multipart) return multipartBody(placed, files ?? {});
  if (type === urlencoded || isJson(type)) return { schema: placed };
  if (type === '*/*') return { schema: {} };
  return { schema: type.startsWith('text/') ? { type: 'string' } : binary };
}

function multipartBody(placed: Json, files: FileRules): Json {
  const fields = Object.entries(files);
  if (fields.length === 0) return { schema: placed };
  const properties = Object.fromEntries(fields.map(([name, { multiple, description }]) => [name, { ...(multiple === true ? { type: 'array', items: binary } : binary), ...(description === undefined ? {} : { description }) }]));
  const required = fields.filter(([, rule]) => rule.required === true).map(([name]) => name);
  const encoding = Object.fromEntries(fields.flatMap(([name, { content_types: types }]) => (types === undefined ? [] : [[name, { contentType: types.join(', ') }]])));
  return {
    schema: withProperties(placed, properties, required),
    ...(Object.keys(encoding).length === 0 ? {} : { encoding }),
  };
}

function withProperties(placed: Json, properties: Json, required: readonly string[]): Json {
  const own = { type: 'object', properties, ...(required.length === 0 ? {} : { required }) };
  if (Object.keys(placed).length === 0) return own;
  // Fields and files are members of one form: a schema that is closed would refuse the files.
  if (placed['$ref'] !== undefined || !isRecord(placed['properties'])) return { allOf: [placed, own] };
  const known = Array.isArray(placed['required']) ? (placed['required'] as unknown[]) : [];
  return { ...placed, properties: { ...placed['properties'], ...properties }, ...(known.length + required.length === 0 ? {} : { required: [...known, ...required] }) };
}

/** The content map of a response: of the types that the route says it gives, or of what handlers return by default. */
export function responseContent(placed: Json | undefined, produces: readonly string[] | undefined): Content {
  // Strings are sent as they are, not as JSON.
  const types = produces ?? [placed?.['type'] === 'string' ? 'text/plain' : json];
  return Object.fromEntries(types.map((type) => [type, { schema: responseSchema(type, placed) }]));
}

function responseSchema(type: string, placed: Json | undefined): Json {
  if (isJson(type)) return placed ?? {};
  if (type.startsWith('text/event-stream')) return { type: 'string', description: 'Server-sent events, as they come.' };
  if (type.startsWith('text/')) return { ...(placed?.['type'] === 'string' ? placed : { type: 'string' }) };
  return binary;
}

function isJson(type: string): boolean {
  return /^application\/(?:[\w.-]+\+)?json\b/.test(type) || type === 'application/*+json';
}

/** Forms carry text by name: an object of values and lists of values. */
function fitsForms(schema: JsonSchema | boolean): boolean {
  if (!isRecord(schema) || schema['type'] !== 'object' || !isRecord(schema['properties'])) return false;
  return Object.values(schema['properties']).every((property) => isRecord(property) && (isPlain(property) || (property['type'] === 'array' && isRecord(property['items']) && isPlain(property['items']))));
}

function isPlain(schema: Json): boolean {
  const types = Array.isArray(schema['type']) ? (schema['type'] as unknown[]) : [schema['type']];
  return Array.isArray(schema['enum']) || types.every((type) => type === 'string' || type === 'number' || type === 'integer' || type === 'boolean');
}
