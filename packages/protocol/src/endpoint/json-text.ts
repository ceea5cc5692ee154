import { messageOf, type MotiaError } from '../errors.js';
import { ProtocolErrors } from '../protocol-errors.js';

/** `JSON.stringify` of a short string; plain ASCII without escapes, which ids are, is quoted as it is. */
export function quote(text: string): string {
  if (text.length > 128) return JSON.stringify(text);
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x20 || code > 0x7e || code === 0x22 || code === 0x5c) return JSON.stringify(text);
  }
  return `"${text}"`;
}

/** JSON text of a value. @throws `MOTIA_PROTOCOL_NOT_SERIALIZABLE` with the path of what JSON cannot carry. */
export function stringify(value: unknown): string {
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch (cause) {
    throw notSerializable(value, cause);
  }
  if (text === undefined) throw ProtocolErrors.NOT_SERIALIZABLE({ path: '', reason: `it is a ${typeof value}` });
  return text;
}

function notSerializable(value: unknown, cause: unknown): MotiaError {
  const found = findCulprit(value, '', []);
  const reason = messageOf(cause).split('\n', 1)[0] as string;
  return ProtocolErrors.NOT_SERIALIZABLE(found ?? { path: '', reason }, cause);
}

/** Walks the way `JSON.stringify` does, up to the first value that it cannot write. The path is a JSON pointer. */
function findCulprit(value: unknown, path: string, ancestors: readonly unknown[]): { path: string; reason: string } | undefined {
  if (typeof value === 'bigint') return { path, reason: 'it is a BigInt' };
  if (typeof value !== 'object' || value === null) return undefined;
  if (ancestors.includes(value)) return { path, reason: 'it contains itself' };
  if (ancestors.length > 5000) return { path: '', reason: 'it is nested too deep' };
  try {
    const { toJSON } = value as { toJSON?: unknown };
    if (typeof toJSON === 'function') return findCulprit(toJSON.call(value, ''), path, [...ancestors, value]);
    for (const key of Object.keys(value)) {
      const child = (value as Record<string, unknown>)[key];
      const found = findCulprit(child, `${path}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`, [...ancestors, value]);
      if (found !== undefined) return found;
    }
  } catch (error) {
    return { path, reason: messageOf(error) };
  }
  return undefined;
}
