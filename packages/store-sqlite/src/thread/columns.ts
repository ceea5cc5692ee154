/**
 * Values that stand in the same place of many commands, as they travel to another thread. A structured clone writes the name of each member of each object; here the names of
 * alike objects are written once, and what they hold stands in lists of texts and numbers, which it copies quickly.
 */
export type Column =
  /** As they are. */
  | { readonly values: readonly unknown[] }
  /** All of them are this one; whoever gets them shares it. */
  | { readonly same: unknown }
  /** Plain objects with the same members in the same order. */
  | { readonly keys: readonly string[]; readonly members: readonly Column[] }
  /** Lists: how long each is, and what is in all of them. */
  | { readonly lengths: readonly number[]; readonly items: Column }
  /** Undefined at these places. */
  | { readonly missing: readonly number[]; readonly rest: Column };

/** Objects and lists inside each other that are looked into; what is deeper stays as it is. */
const deepest = 5;
/** A single value is taken apart only if it holds a list that is worth it. */
const longList = 8;

/** Takes values apart, as `fromColumn` puts them together again. They must hold what a structured clone can copy, and no circles within their first levels. */
export function toColumn(values: readonly unknown[]): Column {
  return columnOf(values, 0);
}

function columnOf(values: readonly unknown[], depth: number): Column {
  const [first] = values;
  if (depth > deepest) return { values };
  if (values.length < 2) return holdsLongList(first) ? partsOf(values, depth) : { values };
  if (isSame(values)) return { same: first };
  return typeof first === 'object' || first === undefined ? partsOf(values, depth) : { values };
}

function partsOf(values: readonly unknown[], depth: number): Column {
  const [first] = values;
  if (Array.isArray(first)) return listsOf(values, depth);
  if (typeof first === 'object' && first !== null && isPlain(first)) {
    const keys = Object.keys(first);
    if (keys.length > 0 && haveKeys(values, keys)) return { keys, members: keys.map((key) => columnOf(memberOf(values as readonly Record<string, unknown>[], key), depth + 1)) };
  }
  return values.length > 1 ? withoutMissing(values, depth) : { values };
}

function listsOf(values: readonly unknown[], depth: number): Column {
  const lengths: number[] = [];
  const items: unknown[] = [];
  for (const value of values) {
    if (!Array.isArray(value)) return withoutMissing(values, depth);
    const list = value as readonly unknown[];
    lengths.push(list.length);
    for (let at = 0; at < list.length; at += 1) {
      // A hole, or members beside the items: only a clone of the whole keeps them.
      if (!(at in list)) return { values };
      items.push(list[at]);
    }
  }
  return { lengths, items: columnOf(items, depth + 1) };
}

function withoutMissing(values: readonly unknown[], depth: number): Column {
  const missing: number[] = [];
  const rest: unknown[] = [];
  for (let at = 0; at < values.length; at += 1) {
    if (values[at] === undefined) missing.push(at);
    else rest.push(values[at]);
  }
  return missing.length === 0 ? { values } : { missing, rest: columnOf(rest, depth + 1) };
}

/** Texts count by what they say, objects by identity; a negative zero is none of the positive ones. */
function isSame(values: readonly unknown[]): boolean {
  const [first] = values;
  for (let at = 1; at < values.length; at += 1) if (values[at] !== first) return false;
  return first !== 0 || values.every((value) => Object.is(value, first));
}

function holdsLongList(value: unknown): boolean {
  if (Array.isArray(value)) return value.length >= longList;
  if (typeof value !== 'object' || value === null || !isPlain(value)) return false;
  for (const key in value) {
    const member = (value as Readonly<Record<string, unknown>>)[key];
    if (Array.isArray(member) && member.length >= longList) return true;
  }
  return false;
}

function isPlain(value: object): boolean {
  return Object.getPrototypeOf(value) === Object.prototype;
}

function haveKeys(values: readonly unknown[], keys: readonly string[]): boolean {
  // Putting an object together again would set its prototype.
  if (keys.includes('__proto__')) return false;
  for (const value of values) {
    if (typeof value !== 'object' || value === null || !isPlain(value)) return false;
    let at = 0;
    for (const key in value) {
      if (keys[at] !== key) return false;
      at += 1;
    }
    if (at !== keys.length) return false;
  }
  return true;
}

/** Not with `map`: it makes a list that may have holes, of which a clone copies every index as a name. */
function memberOf(values: readonly Record<string, unknown>[], key: string): readonly unknown[] {
  const members: unknown[] = [];
  for (const value of values) members.push(value[key]);
  return members;
}

/** So many values as were given to `toColumn`. */
export function fromColumn(column: Column, count: number): readonly unknown[] {
  if ('values' in column) return column.values;
  if ('same' in column) return filled(column.same, count);
  if ('keys' in column) return objectsOf(column, count);
  return 'lengths' in column ? arraysOf(column) : withMissing(column, count);
}

function objectsOf({ keys, members }: Extract<Column, { readonly keys: unknown }>, count: number): readonly unknown[] {
  const template: Record<string, unknown> = {};
  const varying: { readonly key: string; readonly values: readonly unknown[] }[] = [];
  for (const [at, key] of keys.entries()) {
    const member = members[at] as Column;
    template[key] = 'same' in member ? member.same : undefined;
    if (!('same' in member)) varying.push({ key, values: fromColumn(member, count) });
  }
  const objects: Record<string, unknown>[] = [];
  for (let at = 0; at < count; at += 1) objects.push({ ...template });
  for (const { key, values } of varying) for (let at = 0; at < count; at += 1) (objects[at] as Record<string, unknown>)[key] = values[at];
  return objects;
}

function arraysOf({ lengths, items }: Extract<Column, { readonly lengths: unknown }>): readonly unknown[] {
  const all = fromColumn(items, lengths.reduce((sum, length) => sum + length, 0));
  let from = 0;
  return lengths.map((length) => all.slice(from, (from += length)));
}

function withMissing({ missing, rest }: Extract<Column, { readonly missing: unknown }>, count: number): readonly unknown[] {
  const values: unknown[] = [];
  const present = fromColumn(rest, count - missing.length);
  let skipped = 0;
  for (let at = 0; at < count; at += 1) {
    if (missing[skipped] === at) {
      skipped += 1;
      values.push(undefined);
    } else values.push(present[at - skipped]);
  }
  return values;
}

function filled(value: unknown, count: number): readonly unknown[] {
  const values: unknown[] = [];
  for (let at = 0; at < count; at += 1) values.push(value);
  return values;
}
