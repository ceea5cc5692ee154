import type { SpanAttributes, SpanData } from './span-data.js';

/** Characters that a span takes on the wire, roughly. */
export function spanSize({ name, attributes, events, links }: SpanData): number {
  let size = 256 + name.length + attributesSize(attributes);
  for (const event of events ?? []) size += 64 + event.name.length + attributesSize(event.attributes);
  for (const link of links ?? []) size += 128 + attributesSize(link.attributes);
  return size;
}

function attributesSize(attributes: SpanAttributes | undefined): number {
  let size = 0;
  for (const key in attributes) {
    const value = attributes[key];
    size += 32 + key.length + (typeof value === 'string' ? value.length : 0);
    if (Array.isArray(value)) for (const item of value as readonly unknown[]) size += 16 + (typeof item === 'string' ? item.length : 8);
  }
  return size;
}
