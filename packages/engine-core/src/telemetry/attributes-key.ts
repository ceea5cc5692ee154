import type { SpanAttributes } from '../contract/telemetry.js';

/** One text for one set of attributes, whatever their order. Left-out and undefined are the same. */
export function attributesKey(attributes: SpanAttributes): string {
  const keys = Object.keys(attributes);
  if (keys.length > 1) keys.sort();
  let text = '';
  for (const key of keys) {
    const value = attributes[key];
    if (value !== undefined) text += `${key}\u0001${typeof value === 'string' ? value : `\u0002${String(value)}`}\u0003`;
  }
  return text;
}
