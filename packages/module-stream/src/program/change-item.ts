import type { StoreCommandContext, StoreSql } from '@motia/engine-core/contract';
import { addDueCalls } from '@motia/store-sqlite/outbox';
import { changeBody } from '../delivery/frame-text.js';
import { streamErrors } from '../errors.js';
import type { StreamChangeEvent } from '../stream-event.js';
import type { ItemChange, ItemOutcome, ItemWrite } from '../stream-store.js';
import { updatedJson } from '../updated-json.js';
import { assertNotCustom } from './custom-marks.js';
import { itemChecksum, quarantineItem } from './damaged-rows.js';
import { addLog, groupOf, traceIdOf, type GroupRow } from './group.js';

/** Beside what callers hand over: settings of the module. */
export interface ChangeItemInput extends ItemWrite {
  readonly epoch: string;
  readonly maxValueBytes: number;
  readonly resumeEvents: number;
}

export interface ItemRow {
  readonly id: number;
  readonly value: string;
  readonly timestamp: number;
  readonly checksum: number;
}

/** Changes of a group that stay in the log beyond what clients may resume from: engines read it a moment after it was written. */
const keptForReaders = 1_024;

const itemColumns = 'id, value, timestamp, checksum';

/** One change of an item: its new value, its number, its place in the log, and the calls that it owes, all or nothing. */
export function changeItem(sql: StoreSql, input: ChangeItemInput, context: StoreCommandContext): ItemOutcome {
  const { address, change } = input;
  if (context.isShared && change.kind !== 'record') assertNotCustom(sql, { stream: address.stream, operation: change.kind });
  const group = groupOf(sql, address.stream, address.group, context.nowMs);
  const found = sql.get<ItemRow>(`SELECT ${itemColumns} FROM stream_item WHERE group_id = ? AND name = ?`, group.id, address.item);
  const isDamaged = found !== undefined && found.checksum !== itemChecksum(group.id, address.item, found.value);
  // A damaged item may be replaced or taken away, but nothing is built on it, and nobody is shown what it has become.
  if (isDamaged && change.kind === 'update') throw streamErrors.ITEM_DAMAGED({ ...address });
  if (isDamaged && change.kind !== 'record') quarantineItem(sql, found, context);
  const item = isDamaged ? undefined : found;
  const next = nextValue(change, item?.value, input.maxValueBytes);
  const type = typeOf(change, found !== undefined);
  if (type === undefined) return { event: undefined, oldJson: undefined, newJson: undefined, claimed: [] };
  const isRecord = change.kind === 'record';
  const timestamp = Math.max(context.nowMs, input.timestampFloor + 1, (found?.timestamp ?? group.deletedTimestamp) + 1, isRecord ? group.timestamp + 1 : 0);
  if (!isRecord) storeItem(sql, group, { name: address.item, item, next, timestamp });
  const seq = group.seq + 1;
  // Clients of the reference system look for the id in what was deleted.
  const json = next ?? item?.value ?? JSON.stringify({ id: address.item });
  const event: StreamChangeEvent = {
    kind: 'change', ...address, type, seq, prevSeq: group.seq === group.born ? 0 : group.seq, epoch: input.epoch, timestamp,
    json: change.kind === 'record' ? change.json : json, ...traceIdOf(input),
  };
  const itemsDelta = isRecord ? 0 : type === 'create' ? 1 : type === 'delete' ? -1 : 0;
  sql.run(
    'UPDATE stream_group SET seq = ?, items = items + ?, timestamp = max(timestamp, ?), deleted_timestamp = max(deleted_timestamp, ?), changed_at_ms = ? WHERE id = ?',
    seq, itemsDelta, timestamp, type === 'delete' ? timestamp : 0, context.nowMs, group.id,
  );
  addLog(sql, group.id, event, context.nowMs);
  sql.run('DELETE FROM stream_log WHERE group_id = ? AND seq <= ?', group.id, seq - input.resumeEvents - keptForReaders);
  return { event: { type, seq, timestamp }, oldJson: item?.value, newJson: next, claimed: oweCalls(sql, input, event, context) };
}

/** JSON text; undefined when there is none afterwards. */
function nextValue(change: ItemChange, current: string | undefined, limitBytes: number): string | undefined {
  if (change.kind === 'delete') return undefined;
  if (change.kind === 'set' || change.kind === 'record') return change.json;
  return updatedJson(change.ops, current === undefined ? undefined : JSON.parse(current), limitBytes);
}

/** Undefined: there is nothing to change. */
function typeOf(change: ItemChange, exists: boolean): StreamChangeEvent['type'] | undefined {
  if (change.kind === 'record') return change.type;
  if (change.kind === 'delete') return exists ? 'delete' : undefined;
  return exists ? 'update' : 'create';
}

function storeItem(sql: StoreSql, group: GroupRow, { name, item, next, timestamp }: { readonly name: string; readonly item: ItemRow | undefined; readonly next: string | undefined; readonly timestamp: number }): void {
  if (next === undefined) sql.run('DELETE FROM stream_item WHERE id = ?', item?.id ?? null);
  else if (item === undefined) sql.run('INSERT INTO stream_item (group_id, name, value, timestamp, checksum) VALUES (?, ?, ?, ?, ?)', group.id, name, next, timestamp, itemChecksum(group.id, name, next));
  else sql.run('UPDATE stream_item SET value = ?, timestamp = ?, checksum = ? WHERE id = ?', next, timestamp, itemChecksum(group.id, name, next), item.id);
}

/** Triggers get the frame that clients get, without a subscription. What only triggers of other engines on the store listen to is owed as well. */
function oweCalls(sql: StoreSql, { address, triggers, claim, trace, triggerDepth }: ChangeItemInput, event: StreamChangeEvent, context: StoreCommandContext): ItemOutcome['claimed'] {
  const { isShared } = context;
  if (triggers.length === 0 && !isShared) return [];
  return addDueCalls(sql, {
    kind: 'stream', triggers, lane: laneOf(address), payload: `{"type":"stream",${changeBody(event, event.prevSeq)}`, triggerDepth,
    ...(trace === undefined ? {} : { trace }), ...(claim === undefined ? {} : { claim }), ...(isShared ? { address: dueAddress(address) } : {}),
  }, context);
}

/** What changed, in the names of the triggers' config. */
export function dueAddress({ stream, group, item }: { readonly stream: string; readonly group: string; readonly item?: string | undefined }): Readonly<Record<string, string>> {
  return { stream_name: stream, group_id: group, ...(item === undefined ? {} : { item_id: item }) };
}

/** Calls of one trigger about one item are made in order; about different ones side by side. */
export function laneOf({ stream, group, item }: { readonly stream: string; readonly group: string; readonly item?: string | undefined }): string {
  return item === undefined ? `${stream}\n${group}` : `${stream}\n${group}\n${item}`;
}
