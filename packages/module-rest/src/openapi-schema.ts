import type { JsonSchema } from '@motia/engine-core/contract';

type Schema = Readonly<Record<string, unknown>>;

const oneSchema = new Set(['additionalProperties', 'additionalItems', 'contains', 'contentSchema', 'else', 'if', 'items', 'not', 'propertyNames', 'then', 'unevaluatedItems', 'unevaluatedProperties']);
const schemaLists = new Set(['allOf', 'anyOf', 'oneOf', 'prefixItems']);
const schemaMaps = new Set(['$defs', 'definitions', 'dependentSchemas', 'patternProperties', 'properties']);

/** Collects the schemas of a document that refer to themselves, under names that no two of them share. */
export class SchemaComponents {
  readonly #schemas: Record<string, Schema> = {};

  get schemas(): Readonly<Record<string, Schema>> {
    return this.#schemas;
  }

  /**
   * A schema as it may stand in an OpenAPI 3.1 document: in the words of 2020-12, and with references that hold in the
   * document. One that has references becomes a component named `name`.
   */
  place(name: string, given: JsonSchema | boolean): Schema {
    if (typeof given === 'boolean') return given ? {} : { not: {} };
    return hasReference(given) ? this.keep(name, given) : translate(given, (reference) => reference);
  }

  /** As {@link place}, as a component in any case. */
  keep(name: string, given: JsonSchema | boolean): Schema {
    if (typeof given === 'boolean') return this.place(name, given);
    const id = typeof given['$id'] === 'string' ? given['$id'].replace(/#$/, '') : undefined;
    let unique = name;
    for (let count = 2; Object.hasOwn(this.#schemas, unique); count += 1) unique = `${name}${count}`;
    const root = `#/components/schemas/${unique}`;
    const resolve = (reference: string): string => {
      const local = id !== undefined && reference.startsWith(id) ? reference.slice(id.length) || '#' : reference;
      if (local === '#') return root;
      return local.startsWith('#/') ? `${root}${local.slice(1).replace(/^\/definitions\//, '/$defs/').replace(/\/definitions\//g, '/$defs/')}` : local;
    };
    this.#schemas[unique] = translate(given, resolve);
    return { $ref: root };
  }
}

function hasReference(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (Array.isArray(value)) return value.some(hasReference);
  return Object.entries(value).some(([key, member]) => (key === '$ref' && typeof member === 'string') || hasReference(member));
}

function translate(schema: Schema, resolve: (reference: string) => string): Schema {
  const inner = (value: unknown): unknown => (typeof value === 'object' && value !== null && !Array.isArray(value) ? translate(value as Schema, resolve) : value);
  const result: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(schema)) {
    // The base of a document's references is the document; the dialect is said once for all.
    if (key === '$schema' || key === '$id' || key === 'additionalItems') continue;
    if (key === '$ref' && typeof value === 'string') result['$ref'] = resolve(value);
    else if (key === 'items' && Array.isArray(value)) tuple(schema, value, result, inner);
    else if (key === 'dependencies') dependencies(value, result, inner);
    else if (schemaLists.has(key) && Array.isArray(value)) result[key] = value.map(inner);
    else if (schemaMaps.has(key) && isRecord(value)) result[key === 'definitions' ? '$defs' : key] = Object.fromEntries(Object.entries(value).map(([name, member]) => [name, inner(member)]));
    else result[key] = oneSchema.has(key) ? inner(value) : value;
  }
  return result;
}

/** Before 2020-12 a list of `items` was a tuple, and `additionalItems` what followed it. */
function tuple(schema: Schema, items: readonly unknown[], result: Record<string, unknown>, inner: (value: unknown) => unknown): void {
  result['prefixItems'] = items.map(inner);
  if (schema['additionalItems'] !== undefined) result['items'] = inner(schema['additionalItems']);
}

function dependencies(value: unknown, result: Record<string, unknown>, inner: (value: unknown) => unknown): void {
  if (!isRecord(value)) return;
  const required: [string, unknown][] = [];
  const schemas: [string, unknown][] = [];
  for (const [name, member] of Object.entries(value)) {
    if (Array.isArray(member)) required.push([name, member]);
    else schemas.push([name, inner(member)]);
  }
  if (required.length > 0) result['dependentRequired'] = Object.fromEntries(required);
  if (schemas.length > 0) result['dependentSchemas'] = Object.fromEntries(schemas);
}

export function isRecord(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
