import { createHash } from 'node:crypto';

const namespace = Buffer.from('7f1c3ff29b004d0abdd7efb8bca49d4f', 'hex');

/** The id of a Step, the same on every machine: a version 5 UUID of its file path. */
export function generateStepId(filePath: string): string {
  const hash = createHash('sha1').update(namespace).update(filePath, 'utf8').digest();
  hash[6] = ((hash[6] ?? 0) & 0x0f) | 0x50;
  hash[8] = ((hash[8] ?? 0) & 0x3f) | 0x80;
  const hex = hash.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20, 32)}`;
}
