import { createHash } from 'node:crypto';
import { isWireValue } from '@motia/engine-core/contract';
import { queueErrors } from '../errors.js';

const deepest = 64;

/**
 * The JSON text of a message's data. What JSON would drop or change without a word is refused: functions, symbols, big
 * integers, bytes, numbers that are not finite, cycles. Members that are undefined are left out, as JSON does.
 * @param isPlain true for data that was JSON a moment ago, so that it need not be looked at
 * @throws `MOTIA_QUEUE_NOT_SERIALIZABLE`
 */
export function payloadText(data: unknown, isPlain: boolean): string {
  if (isWireValue(data)) {
    if (data.raw === undefined) return data.json;
    return payloadText(data.toValue(), false);
  }
  if (data === undefined) throw queueErrors.NOT_SERIALIZABLE({ path: '', problem: 'is missing; send null for a message without data' });
  if (!isPlain) check(data, '', []);
  try {
    return JSON.stringify(data);
  } catch (error) {
    throw queueErrors.NOT_SERIALIZABLE({ path: '', problem: error instanceof Error ? error.message : 'is not JSON' }, error);
  }
}

/** @throws `MOTIA_QUEUE_PAYLOAD_TOO_LARGE` */
export function checkSize(text: string, limitBytes: number): void {
  // A character is at least one byte and at most three, so most texts need not be measured.
  if (text.length * 3 <= limitBytes) return;
  const receivedBytes = Buffer.byteLength(text);
  if (receivedBytes > limitBytes) throw queueErrors.PAYLOAD_TOO_LARGE({ limitBytes, receivedBytes });
}

/** The same for equal data, whatever the order of its keys. */
export function payloadHash(text: string): string {
  const hash = createHash('sha256');
  writeCanonical(JSON.parse(text) as unknown, hash);
  return hash.digest('base64url').slice(0, 22);
}

function writeCanonical(value: unknown, hash: { update(text: string): unknown }): void {
  if (typeof value !== 'object' || value === null) {
    hash.update(JSON.stringify(value));
    return;
  }
  if (Array.isArray(value)) {
    hash.update('[');
    for (const item of value) {
      writeCanonical(item, hash);
      hash.update(',');
    }
    hash.update(']');
    return;
  }
  hash.update('{');
  for (const key of Object.keys(value).sort()) {
    hash.update(`${JSON.stringify(key)}:`);
    writeCanonical((value as Record<string, unknown>)[key], hash);
    hash.update(',');
  }
  hash.update('}');
}

function check(value: unknown, path: string, ancestors: readonly object[]): void {
  const refuse = (problem: string): never => {
    throw queueErrors.NOT_SERIALIZABLE({ path, problem });
  };
  switch (typeof value) {
    case 'function': case 'symbol': case 'bigint':
      return refuse(`is a ${typeof value}`);
    case 'number':
      return Number.isFinite(value) ? undefined : refuse('is not a finite number');
    case 'object':
      break;
    default:
      return undefined;
  }
  if (value === null) return undefined;
  if (ancestors.includes(value)) return refuse('refers back to what holds it');
  if (ancestors.length >= deepest) return refuse(`is nested deeper than ${deepest} levels`);
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer || value instanceof Map || value instanceof Set) return refuse('is not JSON data');
  if ('toJSON' in value && typeof value.toJSON === 'function') return undefined;
  const inside = [...ancestors, value];
  if (Array.isArray(value)) return value.forEach((item, index) => (item === undefined ? check(null, '', []) : check(item, `${path}/${index}`, inside)));
  for (const [key, member] of Object.entries(value)) {
    if (member !== undefined) check(member, `${path}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`, inside);
  }
  return undefined;
}
