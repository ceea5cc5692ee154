import type { StoreCommandContext, StoreSql } from '@motia/engine-core/contract';
import { rowChecksum } from '@motia/store-sqlite';
import { checkedTable } from '@motia/store-sqlite/rows';

/** What is under a checksum of an item. */
export function itemChecksum(groupId: number, name: string, value: string): number {
  return rowChecksum(groupId, name, value);
}

/** What is under a checksum of a session. */
export function sessionChecksum({ payload, triggers }: { readonly payload: string; readonly triggers: string }): number {
  return rowChecksum(payload, triggers);
}

/** As errors of the store name it. */
export const itemTable = 'stream_item';

interface ItemKey {
  readonly id: number;
}
interface SessionKey {
  readonly session_id: string;
  readonly subscription_id: string;
}
// Their own columns hold the checksums; of these tables the store only needs to know how a row is named.
const items = checkedTable<ItemKey>({ table: itemTable, key: ['id'], values: [] });
const sessions = checkedTable<SessionKey>({ table: 'stream_session', key: ['session_id', 'subscription_id'], values: [] });

/** For reading: fails, and the store keeps a copy and says so. @throws `MOTIA_STORE_ROW_CORRUPT` */
export function failDamagedItem({ id }: ItemKey): never {
  items.check({ id, crc: items.seal({ id }) + 1 });
  throw new Error('a row that was found damaged is whole');
}

/** For changes that go on without the item: its row moves to the quarantine. */
export function quarantineItem(sql: StoreSql, { id }: ItemKey, context: StoreCommandContext): void {
  items.quarantine(sql, { id, crc: 0 }, context);
}

/** Nobody can be told of its end any more. */
export function quarantineSession(sql: StoreSql, { session_id, subscription_id }: SessionKey, context: StoreCommandContext): void {
  sessions.quarantine(sql, { session_id, subscription_id, crc: 0 }, context);
}
