import { queueErrors } from '../errors.js';

/** What topics and queues may be called. */
export const namePattern = '^[A-Za-z0-9._:-]{1,128}$';
const wellFormed = new RegExp(namePattern);

/** Longest group and deduplication id, in characters. */
export const longestGroup = 128;

/** @throws `MOTIA_QUEUE_INVALID_NAME` */
export function checkedName(what: 'topic' | 'queue', name: unknown): string {
  if (typeof name === 'string' && wellFormed.test(name)) return name;
  throw queueErrors.INVALID_NAME({ what: `name of a ${what}`, name: printable(name) });
}

/** @throws `MOTIA_QUEUE_INVALID_GROUP` */
export function checkedGroup(option: string, value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string' && value !== '' && value.length <= longestGroup) return value;
  throw queueErrors.INVALID_GROUP({ option });
}

function printable(name: unknown): string {
  return typeof name === 'string' ? name.slice(0, 160) : typeof name;
}
