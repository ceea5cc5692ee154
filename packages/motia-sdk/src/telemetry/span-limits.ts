import type { AttributeValue } from './span-data.js';

/** What one span may hold; the rest is counted. */
export const spanLimits = { attributes: 128, events: 128, links: 128, textLength: 4096, listLength: 128, nameLength: 1024 } as const;

/** Undefined for what is no attribute. Long text is cut with a marker. */
export function limitedValue(value: unknown): AttributeValue | undefined {
  if (typeof value === 'string') return limitedText(value, spanLimits.textLength);
  if (typeof value === 'number' || typeof value === 'boolean') return value;
  if (!Array.isArray(value)) return undefined;
  return value.slice(0, spanLimits.listLength).map((item: unknown) => (typeof item === 'string' ? limitedText(item, spanLimits.textLength) : typeof item === 'number' || typeof item === 'boolean' ? item : null));
}

/** A library may give anything: what is no text becomes one. */
export function limitedText(given: unknown, length: number): string {
  const text = typeof given === 'string' ? given : asText(given);
  return text.length > length ? `${text.slice(0, length)}… (${text.length} characters)` : text;
}

function asText(value: unknown): string {
  try {
    return String(value);
  } catch {
    return typeof value;
  }
}
