import type { AttributeValue } from '../record/span-data.js';

/** JSON of OTLP as it comes: nothing of it is certain. */
export type Loose = Readonly<Record<string, unknown>>;

export function record(value: unknown): Loose {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Loose) : {};
}

export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** Whole numbers of 64 bits come as numbers or as texts. */
export function number(value: unknown): number | undefined {
  const parsed = typeof value === 'number' ? value : typeof value === 'string' && value !== '' && value.length < 40 ? Number(value) : Number.NaN;
  return Number.isFinite(parsed) ? parsed : undefined;
}

/** Epoch milliseconds of nanoseconds. */
export function timeMs(value: unknown): number | undefined {
  const nanos = number(value);
  return nanos === undefined || nanos <= 0 ? undefined : nanos / 1e6;
}

const deepest = 8;
const longestNested = 8_192;

/** An `AnyValue` as an attribute: lists of primitives stay lists, what is nested becomes JSON text. */
export function attributeValue(value: unknown): AttributeValue | undefined {
  const plain = plainValue(value, 0);
  if (plain === undefined || plain === null) return undefined;
  if (typeof plain !== 'object') return plain as AttributeValue;
  if (Array.isArray(plain) && plain.every((item) => ['string', 'number', 'boolean'].includes(typeof item))) return plain as AttributeValue;
  const json = JSON.stringify(plain);
  return json.length <= longestNested ? json : `${json.slice(0, longestNested)}…[${String(json.length)} characters]`;
}

/** An `AnyValue` as plain JSON data. */
export function plainValue(value: unknown, depth = 0): unknown {
  const { stringValue, boolValue, intValue, doubleValue, arrayValue, kvlistValue, bytesValue } = record(value);
  if (typeof stringValue === 'string') return stringValue;
  if (typeof boolValue === 'boolean') return boolValue;
  if (intValue !== undefined) return number(intValue);
  if (doubleValue !== undefined) return number(doubleValue);
  if (typeof bytesValue === 'string') return `[${String(Math.floor((bytesValue.length * 3) / 4))} bytes]`;
  if (depth >= deepest) return '[deep]';
  if (arrayValue !== undefined) return list(record(arrayValue)['values']).slice(0, 1024).map((item) => plainValue(item, depth + 1) ?? null);
  if (kvlistValue !== undefined) return Object.fromEntries(keyed(record(kvlistValue)['values'], 1024).map(([key, member]) => [key, plainValue(member, depth + 1) ?? null]));
  return undefined;
}

/** Attributes by name: at most `most`, how many more there were beside. */
export function attributes(value: unknown, most: number): { readonly attributes: Readonly<Record<string, AttributeValue>>; readonly omitted: number } {
  const found: Record<string, AttributeValue> = Object.create(null) as Record<string, AttributeValue>;
  for (const [key, member] of keyed(value, most)) {
    const plain = attributeValue(member);
    if (plain !== undefined) found[key] = plain;
  }
  return { attributes: found, omitted: Math.max(0, list(value).length - most) };
}

function keyed(value: unknown, most: number): readonly (readonly [string, unknown])[] {
  const pairs: (readonly [string, unknown])[] = [];
  for (const entry of list(value)) {
    if (pairs.length >= most) break;
    const { key, value: member } = record(entry);
    if (typeof key === 'string' && key !== '') pairs.push([key.slice(0, 256), member]);
  }
  return pairs;
}
