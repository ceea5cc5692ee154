import type { JsonSchema } from '@motia/engine-core/contract';

const maxDepth = 8;

/** A small value that the schema accepts in the common cases: what is required, and nothing else. */
export function sampleOf(schema: JsonSchema, depth = 0): unknown {
  if (typeof schema === 'boolean' || depth > maxDepth) return {};
  const given = [schema['example'], asArray(schema['examples'])[0], schema['default'], schema['const'], asArray(schema['enum'])[0]].find((value) => value !== undefined);
  if (given !== undefined) return given;
  const alternatives = [...asArray(schema['anyOf']), ...asArray(schema['oneOf'])];
  if (alternatives.length > 0) return sampleOf(alternatives[0] as JsonSchema, depth + 1);
  switch (primaryType(schema)) {
    case 'string':
      return sampleString(schema);
    case 'number':
    case 'integer':
      return asNumber(schema['minimum']) ?? (asNumber(schema['exclusiveMinimum']) ?? 0) + 1;
    case 'boolean':
      return true;
    case 'null':
      return null;
    case 'array':
      return Array.from({ length: Math.min(asNumber(schema['minItems']) ?? 0, 3) }, () => sampleOf((schema['items'] ?? {}) as JsonSchema, depth + 1));
    default:
      return sampleObject(schema, depth);
  }
}

function sampleObject(schema: Readonly<Record<string, unknown>>, depth: number): Record<string, unknown> {
  const properties = (schema['properties'] ?? {}) as Record<string, JsonSchema>;
  const result: Record<string, unknown> = {};
  for (const name of asArray(schema['required'])) {
    if (typeof name === 'string') result[name] = sampleOf(properties[name] ?? {}, depth + 1);
  }
  return result;
}

function sampleString(schema: Readonly<Record<string, unknown>>): string {
  switch (schema['format']) {
    case 'email':
      return 'ada@example.com';
    case 'uuid':
      return '6f1c3ff2-9b00-4d0a-bdd7-efb8bca49d4f';
    case 'date-time':
      return '2030-01-01T00:00:00Z';
    case 'date':
      return '2030-01-01';
    case 'uri':
    case 'url':
      return 'https://example.com';
    default:
      return 'text'.padEnd(asNumber(schema['minLength']) ?? 0, '.').slice(0, asNumber(schema['maxLength']) ?? 64);
  }
}

function primaryType(schema: Readonly<Record<string, unknown>>): unknown {
  const type = Array.isArray(schema['type']) ? (schema['type'] as unknown[])[0] : schema['type'];
  return type ?? (schema['properties'] === undefined ? undefined : 'object');
}
function asArray(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
function asNumber(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}
