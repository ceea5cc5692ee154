import { isPlainObject } from './plain-data.js';

/** Keywords whose value is one schema, a list of schemas, or a map of schemas. */
const single = ['items', 'additionalProperties', 'not', 'contains', 'propertyNames'];
const lists = ['anyOf', 'oneOf', 'prefixItems', 'items'];
const maps = ['properties', 'patternProperties', '$defs', 'definitions'];

/**
 * A JSON copy of a schema in which every object that lists its properties refuses others, unless it says otherwise:
 * a key that has no effect is an error. Parts of an `allOf` stay open, since each sees the keys of its siblings.
 */
export function closeObjects(schema: unknown): Readonly<Record<string, unknown>> {
  return close(JSON.parse(JSON.stringify(schema)) as unknown) as Record<string, unknown>;
}

function close(schema: unknown): unknown {
  if (!isPlainObject(schema)) return schema;
  for (const key of single) if (isPlainObject(schema[key])) close(schema[key]);
  for (const key of lists) if (Array.isArray(schema[key])) schema[key].forEach(close);
  for (const key of maps) if (isPlainObject(schema[key])) Object.values(schema[key]).forEach(close);
  if (isPlainObject(schema['properties']) && !('additionalProperties' in schema) && !('patternProperties' in schema)) {
    schema['additionalProperties'] = false;
  }
  return schema;
}
