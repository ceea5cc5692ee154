import type { AnyDefinition } from '../loader/definition-shape.js';
import { isPlainObject } from '../options/plain-data.js';
import { fileOptions } from './file-shape.js';

type Schema = Readonly<Record<string, unknown>>;

/** A value may also be a variable, whose type is known only when it is put in. */
const variable: Schema = { type: 'string', pattern: '\\$\\{[^}:]+(:[^}]*)?\\}' };

/**
 * JSON Schema (draft 07) of the whole `config.yaml` for the modules and adapters given, for hints in editors:
 * `# yaml-language-server: $schema=./iii.schema.json`.
 */
export function configSchema(definitions: readonly AnyDefinition[]): Schema {
  const file = structuredClone(fileOptions.jsonSchema) as Record<string, unknown>;
  file['required'] = ['modules'];
  const properties = file['properties'] as Record<string, Record<string, unknown>>;
  const adapters = definitions.filter((definition) => definition.kind === 'adapter');
  properties['modules'] = {
    ...properties['modules'],
    items: {
      ...(properties['modules']?.['items'] as Schema | undefined),
      ...choices(definitions.filter((definition) => definition.kind === 'module'), adapters),
    },
  };
  return { $schema: 'http://json-schema.org/draft-07/schema#', title: 'iii engine configuration', ...file };
}

function choices(definitions: readonly AnyDefinition[], adapters: readonly AnyDefinition[]): Schema {
  return {
    properties: { class: { type: 'string', examples: definitions.map((definition) => definition.class) }, config: {} },
    allOf: definitions.map((definition) => ({
      if: { properties: { class: { const: definition.class } }, required: ['class'] },
      then: { properties: { config: { anyOf: [withAdapters(orVariable(definition.options.jsonSchema), adapters), { type: 'null' }] } } },
    })),
  };
}

function withAdapters(schema: unknown, adapters: readonly AnyDefinition[]): unknown {
  const properties = isPlainObject(schema) ? schema['properties'] : undefined;
  if (adapters.length === 0 || !isPlainObject(schema) || !isPlainObject(properties) || !('adapter' in properties)) return schema;
  return { ...schema, properties: { ...properties, adapter: { type: 'object', required: ['class'], additionalProperties: false, ...choices(adapters, []) } } };
}

/** Lets every scalar but text be a variable instead. Keys with a default are not required of whoever writes the file. */
function orVariable(schema: unknown): unknown {
  if (!isPlainObject(schema)) return schema;
  const copy: Record<string, unknown> = { ...schema };
  for (const key of ['properties', 'patternProperties', '$defs', 'definitions']) {
    if (isPlainObject(copy[key])) copy[key] = Object.fromEntries(Object.entries(copy[key]).map(([name, member]) => [name, orVariable(member)]));
  }
  for (const key of ['anyOf', 'oneOf', 'allOf']) if (Array.isArray(copy[key])) copy[key] = copy[key].map(orVariable);
  for (const key of ['items', 'additionalProperties']) if (isPlainObject(copy[key])) copy[key] = orVariable(copy[key]);
  if (Array.isArray(copy['required'])) copy['required'] = copy['required'].filter((key) => !hasDefault(schema, String(key)));
  const isScalar = ['integer', 'number', 'boolean'].includes(String(schema['type'])) || 'const' in schema || 'enum' in schema;
  if (!isScalar) return copy;
  const { description, default: fallback, ...rest } = copy;
  return { ...(description === undefined ? {} : { description }), ...(fallback === undefined ? {} : { default: fallback }), anyOf: [rest, variable] };
}

function hasDefault(schema: Schema, key: string): boolean {
  const properties = schema['properties'];
  const member = isPlainObject(properties) ? properties[key] : undefined;
  return isPlainObject(member) && 'default' in member;
}
