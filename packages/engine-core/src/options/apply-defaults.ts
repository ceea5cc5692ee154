import { copyPlainData, isPlainObject, setOwn } from './plain-data.js';

type Schema = Readonly<Record<string, unknown>>;

/**
 * Fills `default`s in, in place, and returns the value. Unlike Ajv's own pass it also looks into the branch of a union
 * that the value is written for, so `cors: false | { ... }` may have defaults inside.
 */
export function applyDefaults(schema: unknown, given: unknown): unknown {
  if (!isPlainObject(schema)) return given;
  let value = given;
  if (value === undefined) {
    if (schema['default'] === undefined) return value;
    value = copyPlainData(schema['default']);
  }
  for (const part of schemaList(schema['allOf'])) value = applyDefaults(part, value);
  const branches = [...schemaList(schema['anyOf']), ...schemaList(schema['oneOf'])];
  if (branches.length > 0) value = applyDefaults(intendedBranch(branches, value), value);
  if (Array.isArray(value)) fillItems(schema, value);
  else if (isPlainObject(value)) fillMembers(schema, value);
  return value;
}

function fillItems(schema: Schema, items: unknown[]): void {
  const itemSchema = schema['items'];
  for (const [index, item] of items.entries()) {
    items[index] = applyDefaults(Array.isArray(itemSchema) ? itemSchema[index] : itemSchema, item);
  }
}

function fillMembers(schema: Schema, members: Record<string, unknown>): void {
  const properties = isPlainObject(schema['properties']) ? schema['properties'] : {};
  for (const [key, memberSchema] of Object.entries(properties)) {
    const present = Object.hasOwn(members, key) ? members[key] : undefined;
    const filled = applyDefaults(memberSchema, present);
    if (filled !== undefined) setOwn(members, key, filled);
  }
  const others: unknown = schema['additionalProperties'] ?? onlyPattern(schema);
  if (!isPlainObject(others)) return;
  for (const [key, member] of Object.entries(members)) {
    if (!Object.hasOwn(properties, key)) setOwn(members, key, applyDefaults(others, member));
  }
}

/** TypeBox writes `Type.Record(Type.String(), X)` as one pattern property. */
function onlyPattern(schema: Schema): unknown {
  const patterns = isPlainObject(schema['patternProperties']) ? Object.values(schema['patternProperties']) : [];
  return patterns.length === 1 ? patterns[0] : undefined;
}

/** The union branch that a value is evidently written for: its JSON type fits, and so do the constants inside. */
export function intendedBranch(branches: readonly Schema[], value: unknown): Schema | undefined {
  const ofType = branches.filter((branch) => fitsType(branch, value));
  if (ofType.length <= 1) return ofType[0];
  const ofConstants = ofType.filter((branch) => fitsConstants(branch, value));
  return ofConstants.length === 1 ? ofConstants[0] : undefined;
}

function fitsType(branch: Schema, value: unknown): boolean {
  if ('const' in branch) return branch['const'] === value;
  switch (branch['type']) {
    case 'object': return isPlainObject(value);
    case 'array': return Array.isArray(value);
    case 'null': return value === null;
    case 'integer': case 'number': return typeof value === 'number';
    case 'string': case 'boolean': return typeof value === branch['type'];
    default: return false;
  }
}

function fitsConstants(branch: Schema, value: unknown): boolean {
  if (!isPlainObject(value) || !isPlainObject(branch['properties'])) return false;
  const constants = Object.entries(branch['properties']).filter(([, member]) => isPlainObject(member) && 'const' in member);
  return constants.length > 0 && constants.every(([key, member]) => value[key] === (member as Schema)['const']);
}

function schemaList(value: unknown): readonly Schema[] {
  return Array.isArray(value) ? value.filter(isPlainObject) : [];
}
