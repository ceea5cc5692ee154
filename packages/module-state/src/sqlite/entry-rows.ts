import { crc32 } from 'node:zlib';
import type { StoreCommandContext, StoreSql } from '@motia/engine-core/contract';
import { checkedTable } from '@motia/store-sqlite/rows';
import type { StoredEntry } from '../state-store.js';
import type { HistoryShare } from './history-share.js';

/** A row of `state_entry`. `value` null: deleted, and kept until `expires_at_ms` for its version. */
export interface EntryRow extends HistoryShare {
  readonly id: number;
  readonly scope: string;
  readonly key: string;
  readonly version: number;
  readonly updated_at_ms: number;
  readonly expires_at_ms: number | null;
  readonly crc: number;
  readonly value: string | null;
}

/** How long versions of a deleted key are remembered. */
export const deletedKeptMs = 3_600_000;

export const entryColumns = 'id, scope, key, version, updated_at_ms, expires_at_ms, history_entries, history_bytes, history_newest, crc, value';

/** As it is on the disk: it may be damaged. */
export function readRow(sql: StoreSql, scope: string, key: string): EntryRow | undefined {
  return sql.get<EntryRow>(`SELECT ${entryColumns} FROM state_entry WHERE scope = ? AND key = ?`, scope, key);
}

/** About what a row takes in memory beside its texts. */
const rowBytes = 256;

/** Once a command is through with it. Only rows that are whole. */
export function rememberRow({ memory }: Pick<StoreCommandContext, 'memory'>, row: EntryRow): void {
  const { scope, key, value } = row;
  memory.set(nameOf(scope, key), row, rowBytes + scope.length + key.length + (value?.length ?? 0));
}

/** A row that an earlier command has written; it is whole. */
export function rememberedRow({ memory }: Pick<StoreCommandContext, 'memory'>, scope: string, key: string): EntryRow | undefined {
  return memory.get(nameOf(scope, key)) as EntryRow | undefined;
}

/** For whoever changes a row without reading it, or takes it away. */
export function forgetRow({ memory }: Pick<StoreCommandContext, 'memory'>, { scope, key }: Pick<EntryRow, 'scope' | 'key'>): void {
  memory.delete(nameOf(scope, key));
}

/** Names hold no NUL. */
function nameOf(scope: string, key: string): string {
  return `${scope}\0${key}`;
}

/** One checksum over all that must not change unnoticed; lengths keep neighbours apart. One native call: it is made for every read and write. */
export function entryCrc({ scope, key, version, updated_at_ms: updatedAtMs, expires_at_ms: expiresAtMs, value }: Omit<EntryRow, 'id' | 'crc' | keyof HistoryShare>): number {
  return crc32(`${scope.length}:${key.length}:${version}:${updatedAtMs}:${expiresAtMs ?? ''}:${value === null ? '' : 'v'}:${scope}${key}${value ?? ''}`);
}

export function isIntact(row: EntryRow): boolean {
  return row.crc === entryCrc(row);
}

const keyed = checkedTable<Pick<EntryRow, 'scope' | 'key'>>({ table: 'state_entry', key: ['scope', 'key'], values: [] });
const numbered = checkedTable<Pick<EntryRow, 'id'>>({ table: 'state_entry', key: ['id'], values: [] });

/** Reading what is damaged fails until it is written anew or deleted; the store keeps a copy and says so. @throws `MOTIA_STORE_ROW_CORRUPT` */
export function assertIntact(row: EntryRow): void {
  if (!isIntact(row)) keyed.check({ ...row, crc: keyed.seal(row) + 1 });
}

/** For changes that go on without a damaged row. By its number: scope and key may be what is damaged. */
export function quarantineRow(sql: StoreSql, row: EntryRow, context: StoreCommandContext): void {
  forgetRow(context, row);
  numbered.quarantine(sql, row, context);
}

/** What a reader sees of a row that is whole: nothing of one that was deleted or whose time has come. */
export function toEntry(row: EntryRow, nowMs: number): StoredEntry | undefined {
  const { key, value, version, updated_at_ms: updatedAtMs, expires_at_ms: expiresAtMs } = row;
  if (value === null || (expiresAtMs !== null && expiresAtMs <= nowMs)) return undefined;
  return expiresAtMs === null ? { key, json: value, version, updatedAtMs } : { key, json: value, version, updatedAtMs, expiresAtMs };
}

/** Whether a value stands there whose time has come and that nobody has swept. */
export function isExpired(row: EntryRow, nowMs: number): boolean {
  return row.value !== null && row.expires_at_ms !== null && row.expires_at_ms <= nowMs;
}
