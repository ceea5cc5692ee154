import type { StoreCommandContext, StoreSql } from '@motia/engine-core/contract';
import type { JobFilter } from '../job-store.js';
import { writeData } from './payloads.js';
import { DepthChanges } from './depths.js';
import { isGroupBusy } from './groups.js';
import { leaveQueue, type Leaving } from './settle.js';
import { stateCode } from './tables.js';
import type { CommandTimes } from './times.js';

interface JobRow {
  readonly seq: number;
  readonly id: string;
  readonly queue: number;
  readonly lane: number;
  readonly state: number;
  readonly groupKey: string | null;
}
const job = 'SELECT seq, id, queue, lane, state, group_key AS groupKey FROM queue_jobs';
const isLive = (state: number): boolean => state < stateCode.dead;

/** Ends jobs that have not ended. Whoever runs one finds its lease gone. */
export function cancel(sql: StoreSql, { messageIds, times }: { readonly messageIds: readonly string[]; readonly times: CommandTimes }, { nowMs }: StoreCommandContext): readonly string[] {
  const setting = { times, depths: new DepthChanges(), touched: new Set<number>() };
  const ended = messageIds.filter((id) => {
    const row = sql.get<JobRow>(`${job} WHERE id = ?`, id);
    if (row === undefined || !isLive(row.state)) return false;
    end(sql, row, stateCode.cancelled, nowMs);
    leaveQueue(sql, setting, leavingOf(row));
    return true;
  });
  setting.depths.write(sql);
  return ended;
}

export interface RedriveInput {
  readonly messageIds: readonly string[];
  readonly toHead: boolean;
  readonly data?: string;
}

/** Takes dead and blocked jobs back. */
export function redrive(sql: StoreSql, { messageIds, toHead, data }: RedriveInput): number {
  const depths = new DepthChanges();
  let moved = 0;
  for (const id of messageIds) {
    const row = sql.get<JobRow>(`${job} WHERE id = ?`, id);
    if (row === undefined || (row.state !== stateCode.dead && row.state !== stateCode.blocked)) continue;
    redriveJob(sql, row, { toHead, data, depths });
    moved += 1;
  }
  depths.write(sql);
  return moved;
}

/** One job back to the end (or the head) of its queue, as if it had just come in. A blocked one keeps its place: its group waits for it. */
export function redriveJob(sql: StoreSql, { seq, queue, state, groupKey }: JobRow, { toHead, data, depths }: { readonly toHead: boolean; readonly data: string | undefined; readonly depths: DepthChanges }): void {
  const isBlocked = state === stateCode.blocked;
  const place = isBlocked
    ? seq
    : (sql.get<{ place: number }>(toHead ? 'SELECT min(seq) - 1 AS place FROM queue_jobs' : 'SELECT max(seq) + 1 AS place FROM queue_jobs')?.place ?? seq);
  const isBehind = !isBlocked && groupKey !== null && isGroupBusy(sql, queue, groupKey);
  if (!isBlocked) depths.add(queue, 1);
  sql.run(
    'UPDATE queue_jobs SET seq = ?, state = ?, attempts = 0, losses = 0, due_at = NULL, ended_at = NULL, expires_at = NULL, code = NULL WHERE seq = ?',
    place, isBehind ? stateCode.behind : stateCode.ready, seq,
  );
  if (data === undefined) return;
  const stored = writeData(sql, data);
  sql.run('UPDATE queue_jobs SET data = ?, payload = ?, checksum = ? WHERE seq = ?', stored.data, stored.payload, stored.checksum, place);
}

export function discard(sql: StoreSql, { messageIds, times }: { readonly messageIds: readonly string[]; readonly times: CommandTimes }, { nowMs }: StoreCommandContext): number {
  const rows = [...new Set(messageIds)].flatMap((id) => sql.all<JobRow>(`${job} WHERE id = ?`, id));
  return discardRows(sql, rows, times, nowMs);
}

export function discardSome(sql: StoreSql, { filter, limit, times }: { readonly filter: JobFilter; readonly limit: number; readonly times: CommandTimes }, { nowMs }: StoreCommandContext): number {
  return discardRows(sql, deadJobs(sql, filter, limit), times, nowMs);
}

function discardRows(sql: StoreSql, rows: readonly JobRow[], times: CommandTimes, nowMs: number): number {
  const setting = { times, depths: new DepthChanges(), touched: new Set<number>() };
  let count = 0;
  for (const row of rows) {
    if (row.state !== stateCode.dead && row.state !== stateCode.blocked) continue;
    end(sql, row, stateCode.discarded, nowMs);
    if (row.state === stateCode.blocked) leaveQueue(sql, setting, leavingOf(row));
    count += 1;
  }
  setting.depths.write(sql);
  return count;
}

/** Dead and blocked jobs that a filter means, oldest first. */
export function deadJobs(sql: StoreSql, { queue, functionId, code, group, beforeMs, afterMs }: JobFilter, limit: number, lastSeq = Number.MAX_SAFE_INTEGER): readonly JobRow[] {
  return sql.all<JobRow>(
    `${job} WHERE queue = ? AND state BETWEEN 4 AND 5 AND seq <= ? AND (? IS NULL OR lane = (SELECT id FROM queue_lanes WHERE queue = queue_jobs.queue AND function_id = ?))
      AND (? IS NULL OR code = ?) AND (? IS NULL OR group_key = ?) AND (? IS NULL OR ended_at <= ?) AND (? IS NULL OR ended_at >= ?) ORDER BY seq LIMIT ?`,
    queue, lastSeq, functionId ?? null, functionId ?? null, code ?? null, code ?? null, group ?? null, group ?? null,
    beforeMs ?? null, beforeMs ?? null, afterMs ?? null, afterMs ?? null, limit,
  );
}

function leavingOf({ queue, groupKey, state }: JobRow): Leaving {
  return { queue, group: groupKey ?? undefined, state };
}

function end(sql: StoreSql, { seq }: JobRow, state: number, nowMs: number): void {
  sql.run('UPDATE queue_jobs SET state = ?, ended_at = ?, leased_by = NULL, lease_until = NULL WHERE seq = ?', state, nowMs, seq);
}
