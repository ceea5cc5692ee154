import { crc32 } from 'node:zlib';
import type { SqlValue } from '@motia/engine-core/contract';

/**
 * CRC-32 over the values of a row, for a column that is written with the row and compared when it is read: SQLite itself
 * notices neither a flipped bit in a payload nor a value that another program changed. The kind and length of each value
 * count, so `('ab', 'c')` differs from `('a', 'bc')` and `'1'` from `1`. Give the values as the database gives them back.
 */
export function rowChecksum(...values: readonly SqlValue[]): number {
  let sum = 0;
  for (const value of values) {
    if (typeof value === 'number') sum = crc32(`n${value}:`, sum);
    else if (value === null) sum = crc32('0:', sum);
    else if (typeof value === 'string') sum = withContent(crc32(`s${value.length}:`, sum), value, value.length);
    else sum = withContent(crc32(`b${value.byteLength}:`, sum), value, value.byteLength);
  }
  return sum;
}

/** zlib takes the missing memory of an empty value for the wish to begin anew. */
function withContent(sum: number, content: string | Uint8Array, length: number): number {
  return length === 0 ? sum : crc32(content, sum);
}
