import type { StoreSql } from '@motia/engine-core/contract';
import { rowChecksum } from '@motia/store-sqlite/rows';

/** Longest data, in characters, that lies in the row of its job. */
const longestInline = 2_000;

/** Data as its job keeps it: in the row, or apart. */
export interface StoredData {
  readonly data: string | null;
  readonly payload: number | null;
  readonly checksum: number;
}

export function writeData(sql: StoreSql, data: string): StoredData {
  const checksum = rowChecksum(data);
  if (data.length <= longestInline) return { data, payload: null, checksum };
  return { data: null, payload: sql.run('INSERT INTO queue_payloads (data) VALUES (?)', data).lastId, checksum };
}

/** What was written; undefined when there is nothing (a job that has ended). */
export function readData(sql: StoreSql, { data, payload }: Pick<StoredData, 'data' | 'payload'>): string | undefined {
  if (payload === null) return data ?? undefined;
  return sql.get<{ data: string }>('SELECT data FROM queue_payloads WHERE id = ?', payload)?.data;
}

/** What was written, if it still is that. */
export function readSoundData(sql: StoreSql, stored: StoredData): string | undefined {
  const data = readData(sql, stored);
  return data !== undefined && rowChecksum(data) === stored.checksum ? data : undefined;
}
