/** Values that `$bind` names stand for, by name. */
export type Bindings = Map<string, unknown>;

interface Placeholder {
  readonly $match?: unknown;
  readonly $bind?: unknown;
  readonly $absent?: unknown;
  readonly $send?: unknown;
}

/** Where `actual` differs from what a transcript expects; undefined when it matches. */
export function mismatch(expected: unknown, actual: unknown, bindings: Bindings, path = ''): string | undefined {
  const where = path === '' ? 'the message' : path;
  if (!isObject(expected)) {
    if (Array.isArray(expected)) return arrayMismatch(expected, actual, bindings, path);
    return Object.is(expected, actual) ? undefined : `${where}: expected ${show(expected)}, got ${show(actual)}`;
  }
  const placeholder = expected as Placeholder;
  if (placeholder.$absent === true) return actual === undefined ? undefined : `${where}: expected nothing, got ${show(actual)}`;
  if (typeof placeholder.$match === 'string') return isOfKind(actual, placeholder.$match) ? undefined : `${where}: expected any ${placeholder.$match}, got ${show(actual)}`;
  if (typeof placeholder.$bind === 'string') return bindMismatch(placeholder.$bind, actual, bindings, where);
  if (!isObject(actual)) return `${where}: expected an object, got ${show(actual)}`;
  for (const [key, value] of Object.entries(expected)) {
    const found = mismatch(value, actual[key], bindings, `${path}/${key}`);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The concrete value that a peer sends for a line of a transcript. */
export function concrete(value: unknown, bindings: Bindings): unknown {
  if (Array.isArray(value)) return value.map((item) => concrete(item, bindings));
  if (!isObject(value)) return value;
  const placeholder = value as Placeholder;
  if ('$match' in value) return placeholder.$send;
  if (typeof placeholder.$bind === 'string') {
    if (!bindings.has(placeholder.$bind)) bindings.set(placeholder.$bind, placeholder.$send);
    return bindings.get(placeholder.$bind);
  }
  const members = Object.entries(value).filter(([, member]) => !(isObject(member) && member['$absent'] === true));
  return Object.fromEntries(members.map(([key, member]) => [key, concrete(member, bindings)]));
}

function arrayMismatch(expected: readonly unknown[], actual: unknown, bindings: Bindings, path: string): string | undefined {
  if (!Array.isArray(actual)) return `${path}: expected an array, got ${show(actual)}`;
  if (actual.length !== expected.length) return `${path}: expected ${expected.length} elements, got ${show(actual)}`;
  for (const [index, value] of expected.entries()) {
    const found = mismatch(value, actual[index], bindings, `${path}/${index}`);
    if (found !== undefined) return found;
  }
  return undefined;
}

function bindMismatch(name: string, actual: unknown, bindings: Bindings, where: string): string | undefined {
  if (actual === undefined) return `${where}: expected a value for ${name}, got nothing`;
  if (!bindings.has(name)) bindings.set(name, actual);
  return Object.is(bindings.get(name), actual) ? undefined : `${where}: expected ${name}, which is ${show(bindings.get(name))}, got ${show(actual)}`;
}

function isOfKind(value: unknown, kind: string): boolean {
  if (kind === 'any') return value !== undefined;
  if (kind === 'array') return Array.isArray(value);
  return kind === 'object' ? isObject(value) : typeof value === kind;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}
