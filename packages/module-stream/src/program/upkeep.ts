import type { StoreCommandContext, StoreSql } from '@motia/engine-core/contract';
import { storeHistory } from '@motia/store-sqlite/rows';
import { takeOutDamagedMarks } from './custom-marks.js';
import { enterEngine, leaveEngine, otherEngines } from './engines.js';
import { floorOf } from './group.js';
import { readMeta, takeOutDamagedMeta, writeMeta } from './meta.js';

/** Rows that are taken away at once: a command must not hold the writer for long. */
const rowsAtOnce = 1_000;
const groupsAtOnce = 200;
/** How long a group without items is remembered after its last change. */
const emptyGroupMs = 86_400_000;

export interface OpenInput {
  /** Becomes the epoch when there is none, or when the old one cannot be trusted. */
  readonly candidate: string;
  /** Whether every commit that clients may have seen survives a power failure. */
  readonly survivesPowerFailure: boolean;
  /** Engines that are gone. */
  readonly gone: readonly number[];
}

/**
 * The epoch of the store. It stands for one history of numbers: after a crash that may have taken commits which clients
 * have seen, and in a backup, numbers would be given out a second time, so the history gets a new name. It does too when what
 * is known of the old one is damaged.
 */
export function openStreams(sql: StoreSql, { candidate, survivesPowerFailure, gone }: OpenInput, context: StoreCommandContext): string {
  takeOutDamagedMarks(sql, context);
  const isDamaged = takeOutDamagedMeta(sql, context);
  if (isDamaged) writeMeta(sql, 'floor', String(highestSeq(sql)));
  const known = readMeta(sql, 'epoch');
  const wasClosed = readMeta(sql, 'closed') === '1';
  writeMeta(sql, 'closed', '0');
  const isJoining = otherEngines(sql, gone, context) === 'some';
  enterEngine(sql, context.fencingToken);
  const history = storeHistory(sql);
  const isContinued = (readMeta(sql, 'history') ?? history) === history;
  writeMeta(sql, 'history', history);
  if (known !== undefined && !isDamaged && isContinued && (survivesPowerFailure || wasClosed || isJoining)) return known;
  writeMeta(sql, 'epoch', candidate);
  return candidate;
}

/** In order, by the last one on the store. */
export function closeStreams(sql: StoreSql, { gone }: Pick<OpenInput, 'gone'>, context: StoreCommandContext): void {
  leaveEngine(sql, context.fencingToken);
  if (otherEngines(sql, gone, context) === 'none') writeMeta(sql, 'closed', '1');
}

/** Takes away what is too old to resume from, and groups that are empty for long. Answers whether there may be more. */
export function prune(sql: StoreSql, { resumeAgeMs }: { readonly resumeAgeMs: number }, { nowMs }: StoreCommandContext): boolean {
  const { changes } = sql.run('DELETE FROM stream_log WHERE position IN (SELECT position FROM stream_log ORDER BY position LIMIT ?) AND at_ms < ?', rowsAtOnce, nowMs - resumeAgeMs);
  const empty = sql.all<{ readonly id: number; readonly seq: number }>(
    'SELECT id, seq FROM stream_group g WHERE items = 0 AND changed_at_ms < ? AND NOT EXISTS (SELECT 1 FROM stream_log WHERE group_id = g.id) LIMIT ?', nowMs - emptyGroupMs, groupsAtOnce,
  );
  if (empty.length > 0) {
    writeMeta(sql, 'floor', String(empty.reduce((floor, { seq }) => Math.max(floor, seq), floorOf(sql))));
    for (const { id } of empty) sql.run('DELETE FROM stream_group WHERE id = ?', id);
  }
  return changes === rowsAtOnce || empty.length === groupsAtOnce;
}

function highestSeq(sql: StoreSql): number {
  return sql.get<{ readonly seq: number | null }>('SELECT max(seq) AS seq FROM stream_group')?.seq ?? 0;
}
