import type { StoreSql, StreamItemAddress } from '@motia/engine-core/contract';
import type { Place, ResyncReason } from '../delivery/frame-text.js';
import type { GroupName, GroupsPage, GroupsQuery, ItemsQuery } from '../stream-store.js';
import { streamErrors } from '../errors.js';
import { failDamagedItem, itemChecksum } from './damaged-rows.js';
import { findGroup, floorOf, logChecksum } from './group.js';

/** Rows of the log that are read at once. */
export const pageRows = 128;
/** And what they may hold together where they are for one client, but for a first one. */
const pageBytes = 1_048_576;

interface NamedItem {
  readonly id: number;
  readonly name: string;
  readonly value: string;
  readonly timestamp: number;
  readonly checksum: number;
}

/** A row of the log with the names of its group. */
export interface LogRow {
  readonly position: number;
  readonly groupId: number;
  readonly stream: string;
  readonly group: string;
  readonly born: number;
  readonly seq: number | null;
  readonly item: string | null;
  readonly type: string;
  readonly value: string;
  readonly timestamp: number;
  readonly traceId: string | null;
  readonly checksum: number;
}

const logColumns =
  'l.position, l.group_id AS groupId, g.stream, g.name AS "group", g.born, l.seq, l.item, l.type, l.value, l.timestamp, l.trace_id AS traceId, l.checksum';

export interface ItemView {
  /** JSON text; undefined when there is none. */
  readonly json: string | undefined;
  readonly timestamp: number;
  /** Of the group. */
  readonly seq: number;
}

/** @throws `MOTIA_STORE_ROW_CORRUPT` */
export function readItem(sql: StoreSql, { stream, group: groupName, item: name }: StreamItemAddress): ItemView {
  const group = findGroup(sql, stream, groupName);
  if (group === undefined) return { json: undefined, timestamp: 0, seq: floorOf(sql) };
  const item = sql.get<NamedItem>('SELECT id, name, value, timestamp, checksum FROM stream_item WHERE group_id = ? AND name = ?', group.id, name);
  if (item !== undefined && item.checksum !== itemChecksum(group.id, name, item.value)) failDamagedItem(item);
  return { json: item?.value, timestamp: item?.timestamp ?? group.deletedTimestamp, seq: group.seq };
}

export interface GroupView {
  readonly items: readonly { readonly id: string; readonly json: string }[];
  /** Items whose rows are damaged: left out. */
  readonly damaged: readonly string[];
  /** Of the last event. */
  readonly timestamp: number;
  readonly seq: number;
}

/** @throws `MOTIA_STREAM_SNAPSHOT_TOO_LARGE` before the items are read */
export function readGroup(sql: StoreSql, { stream, group: groupName, maxBytes }: Omit<StreamItemAddress, 'item'> & { readonly maxBytes: number }): GroupView {
  const group = findGroup(sql, stream, groupName);
  if (group === undefined) return { items: [], damaged: [], timestamp: 0, seq: floorOf(sql) };
  // Of a large text SQLite knows the length without reading it.
  const bytes = sql.get<{ readonly bytes: number }>('SELECT total(octet_length(value) + octet_length(name)) AS bytes FROM stream_item WHERE group_id = ?', group.id)?.bytes ?? 0;
  if (bytes > maxBytes) throw streamErrors.SNAPSHOT_TOO_LARGE({ limitBytes: maxBytes });
  const rows = sql.all<NamedItem>('SELECT id, name, value, timestamp, checksum FROM stream_item WHERE group_id = ? ORDER BY id', group.id);
  const damaged = rows.filter(({ name, value, checksum }) => checksum !== itemChecksum(group.id, name, value)).map(({ name }) => name);
  const whole = damaged.length === 0 ? rows : rows.filter(({ name }) => !damaged.includes(name));
  return { items: whole.map(({ name, value }) => ({ id: name, json: value })), damaged, timestamp: group.timestamp, seq: group.seq };
}

export interface ItemsView {
  readonly items: readonly { readonly id: string; readonly json: string }[];
  readonly damaged: readonly string[];
  /** The row of the last of them, when there are more. */
  readonly next?: number;
}

/** Rows looked at in one step, before it is known how many of them fit. */
const step = 256;

export function readItems(sql: StoreSql, { stream, group: groupName, limit, maxBytes, after }: Omit<ItemsQuery, 'after'> & { readonly after: number }): ItemsView {
  const group = findGroup(sql, stream, groupName);
  const items: { readonly id: string; readonly json: string }[] = [];
  const damaged: string[] = [];
  let bytes = 0;
  let last = after;
  for (let rows: readonly NamedItem[] | undefined; group !== undefined && (rows === undefined || rows.length === step); ) {
    rows = sql.all<NamedItem>('SELECT id, name, value, timestamp, checksum FROM stream_item WHERE group_id = ? AND id > ? ORDER BY id LIMIT ?', group.id, last, step);
    for (const { id, name, value, checksum } of rows) {
      if (items.length === limit || (items.length > 0 && bytes + value.length > maxBytes)) return { items, damaged, next: last };
      if (checksum === itemChecksum(group.id, name, value)) {
        items.push({ id: name, json: value });
        bytes += value.length;
      } else damaged.push(name);
      last = id;
    }
  }
  return { items, damaged };
}

export function readGroups(sql: StoreSql, { stream, limit, after }: GroupsQuery): GroupsPage {
  const columns = 'SELECT stream, name FROM stream_group WHERE items > 0 AND';
  const groups = stream === undefined
    ? sql.all<GroupName>(`${columns} (stream, name) > (?, ?) ORDER BY stream, name LIMIT ?`, after?.stream ?? '', after?.name ?? '', limit + 1)
    : sql.all<GroupName>(`${columns} stream = ? AND name > ? ORDER BY name LIMIT ?`, stream, after?.name ?? '', limit + 1);
  return { groups: groups.slice(0, limit), hasMore: groups.length > limit };
}

/** Where the log ends now, also when nothing is left in it: the next position is one more. */
export function logEnd(sql: StoreSql): number {
  return sql.get<{ readonly position: number }>("SELECT seq AS position FROM sqlite_sequence WHERE name = 'stream_log'")?.position ?? 0;
}

/** What came after a position, over all groups. Up to `upTo` there is, or was, nothing else: what is missing was taken away. */
export function logAfter(sql: StoreSql, { position }: { readonly position: number }): { readonly rows: readonly LogRow[]; readonly upTo: number } {
  const rows = sql.all<LogRow>(`SELECT ${logColumns} FROM stream_log l JOIN stream_group g ON g.id = l.group_id WHERE l.position > ? ORDER BY l.position LIMIT ?`, position, pageRows);
  // The oldest go first: while there are any, the last one is among them.
  return { rows, upTo: rows.at(-1)?.position ?? logEnd(sql) };
}

export type ChangesView = { readonly kind: 'gone'; readonly reason: ResyncReason } | { readonly kind: 'page'; readonly rows: readonly LogRow[]; readonly upTo: number; readonly isLast: boolean };

/** Changes of a group, or one item of it, after `seq`: without a hole, or not at all. */
export function changesAfter(sql: StoreSql, { place, seq, resumeEvents }: { readonly place: Place; readonly seq: number; readonly resumeEvents: number }): ChangesView {
  const group = findGroup(sql, place.stream, place.group);
  const end = group?.seq ?? floorOf(sql);
  if (seq > end) return { kind: 'gone', reason: 'future' };
  if (seq === end) return { kind: 'page', rows: [], upTo: end, isLast: true };
  if (group === undefined || seq < group.born || seq < end - resumeEvents) return { kind: 'gone', reason: 'log' };
  const first = sql.get<{ readonly seq: number }>('SELECT seq FROM stream_log WHERE group_id = ? AND seq > ? ORDER BY seq LIMIT 1', group.id, seq);
  if (first?.seq !== seq + 1) return { kind: 'gone', reason: 'log' };
  const ofItem = place.item === undefined ? '' : ' AND l.item = ?';
  const wanted = `FROM stream_log l JOIN stream_group g ON g.id = l.group_id WHERE l.group_id = ? AND l.seq > ?${ofItem} ORDER BY l.seq LIMIT ?`;
  const values = [group.id, seq, ...(place.item === undefined ? [] : [place.item])];
  const sizes = sql.all<{ readonly bytes: number }>(`SELECT octet_length(l.value) AS bytes ${wanted}`, ...values, pageRows);
  const fitting = countWithin(sizes, pageBytes);
  const rows = sql.all<LogRow>(`SELECT ${logColumns} ${wanted}`, ...values, fitting);
  // Nothing that a bad disk made is sent: the snapshot has checksums of its own.
  if (rows.some((row) => row.checksum !== logChecksum(row))) return { kind: 'gone', reason: 'log' };
  const isLast = fitting === sizes.length && sizes.length < pageRows;
  return { kind: 'page', rows, upTo: isLast ? end : (rows.at(-1)?.seq ?? end), isLast };
}

/** How many of these fit, at least one where there is any. */
function countWithin(rows: readonly { readonly bytes: number }[], maxBytes: number): number {
  let sum = 0;
  const tooMany = rows.findIndex(({ bytes }, index) => (sum += bytes) > maxBytes && index > 0);
  return tooMany === -1 ? rows.length : tooMany;
}
