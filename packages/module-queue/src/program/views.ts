import type { StoreSql } from '@motia/engine-core/contract';
import { queueErrors } from '../errors.js';
import type { JobState, JobView } from '../job.js';
import type { JobFilter, QueueStats } from '../job-store.js';
import { readFailures } from './failures.js';
import { readData } from './payloads.js';
import { allQueues } from './queues.js';
import { stateCodes, stateName } from './tables.js';
import { readTrace } from './take.js';

interface ViewRow {
  readonly seq: number;
  readonly id: string;
  readonly receipt: string;
  readonly state: number;
  readonly kind: 'topic' | 'queue';
  readonly name: string;
  readonly subscriber: string;
  readonly functionId: string;
  readonly queue: number;
  readonly groupKey: string | null;
  readonly priority: number;
  readonly attempts: number;
  readonly losses: number;
  readonly deliveries: number;
  readonly enqueuedAt: number;
  readonly dueAt: number | null;
  readonly leasedBy: string | null;
  readonly leaseUntil: number | null;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  readonly trace: string | null;
  readonly producer: string | null;
  readonly failures: string | null;
  readonly data: string | null;
  readonly payload: number | null;
  readonly timeoutMs: number | null;
  readonly expiresAt: number | null;
}

const view = `SELECT j.seq, j.id, j.receipt, j.state, q.kind, q.name, q.function_id AS subscriber, l.function_id AS functionId, j.queue, j.group_key AS groupKey, j.priority, j.attempts, j.losses,
  j.deliveries, j.enqueued_at AS enqueuedAt, j.due_at AS dueAt, j.leased_by AS leasedBy, j.lease_until AS leaseUntil, j.started_at AS startedAt, j.ended_at AS endedAt, j.trace, j.producer,
  j.failures, j.data, j.payload, j.timeout_ms AS timeoutMs, j.expires_at AS expiresAt FROM queue_jobs j JOIN queue_queues q ON q.id = j.queue JOIN queue_lanes l ON l.id = j.lane`;

export function job(sql: StoreSql, { messageId }: { readonly messageId: string }): (JobView & { readonly waitsFor?: { readonly messageId: string; readonly state: JobState } }) | undefined {
  const row = sql.get<ViewRow>(`${view} WHERE j.id = ?`, messageId);
  if (row === undefined) return undefined;
  const first =
    row.state === 2 && row.groupKey !== null
      ? sql.get<{ id: string; state: number }>('SELECT id, state FROM queue_jobs WHERE queue = ? AND group_key = ? AND group_key IS NOT NULL AND state < 5 ORDER BY seq LIMIT 1', row.queue, row.groupKey)
      : undefined;
  return { ...toView(sql, row), ...(first === undefined ? {} : { waitsFor: { messageId: first.id, state: stateName(first.state) } }) };
}

/** Jobs made of one receipt: ids are the receipt, or begin with it. */
export function jobsOf(sql: StoreSql, { receiptId }: { readonly receiptId: string }): readonly JobView[] {
  return sql.all<ViewRow>(`${view} WHERE j.id = ? OR (j.id >= ? AND j.id < ?) ORDER BY j.seq`, receiptId, `${receiptId}:`, `${receiptId};`).map((row) => toView(sql, row));
}

export interface ListInput {
  readonly queue?: number;
  readonly states: readonly JobState[];
  readonly limit: number;
  readonly cursor?: string;
  readonly filter?: Omit<JobFilter, 'queue'>;
}

/** One part of a list: its states one after the other. The cursor says in which state to go on, and where. */
export function list(sql: StoreSql, input: ListInput): { readonly jobs: readonly JobView[]; readonly cursor?: string } {
  const codes = input.states.flatMap(stateCodes);
  const start = input.cursor === undefined ? undefined : readCursor(input.cursor, codes);
  const jobs: JobView[] = [];
  for (const code of start === undefined ? codes : codes.slice(codes.indexOf(start.code))) {
    const rows = listState(sql, code, input, code === start?.code ? start.after : undefined, input.limit - jobs.length + 1);
    const taken = rows.slice(0, input.limit - jobs.length);
    jobs.push(...taken.map((row) => toView(sql, row)));
    const last = taken.at(-1);
    if (rows.length > taken.length) return { jobs, cursor: last === undefined ? `${code}:` : `${code}:${placeOf(code, last)}` };
  }
  return { jobs };
}

/** Where the list of a state is sorted by what: waiting ones by delivery, ended ones by time. */
function listState(sql: StoreSql, code: number, { queue, filter = {} }: ListInput, after: readonly number[] | undefined, limit: number): readonly ViewRow[] {
  const values: (string | number | null)[] = [];
  const conditions = [`j.state = ${code}`];
  const where = (text: string, ...more: readonly (string | number)[]): void => {
    conditions.push(text);
    values.push(...more);
  };
  if (queue !== undefined) {
    if (code <= 1) where('j.lane IN (SELECT id FROM queue_lanes WHERE queue = ?)', queue);
    else where('j.queue = ?', queue);
  }
  if (code === 2) conditions.push('j.group_key IS NOT NULL AND j.state < 5');
  if (code === 4 || code === 5) conditions.push('j.state BETWEEN 4 AND 5');
  if (code > 5) conditions.push('j.state >= 5');
  if (filter.functionId !== undefined) where('l.function_id = ?', filter.functionId);
  if (filter.code !== undefined) where('j.code = ?', filter.code);
  if (filter.group !== undefined) where('j.group_key = ?', filter.group);
  if (filter.beforeMs !== undefined) where('j.ended_at <= ?', filter.beforeMs);
  if (filter.afterMs !== undefined) where('j.ended_at >= ?', filter.afterMs);
  const [a, b] = after ?? [];
  if (a !== undefined && b !== undefined) {
    if (code === 0) where('(j.priority < ? OR (j.priority = ? AND j.seq > ?))', a, a, b);
    else if (code > 5) where('(j.ended_at < ? OR (j.ended_at = ? AND j.seq < ?))', a, a, b);
    else if (code === 1) where('(j.due_at > ? OR (j.due_at = ? AND j.seq > ?))', a, a, b);
    else where('j.seq > ?', b);
  }
  const order = code === 0 ? 'j.priority DESC, j.seq' : code === 1 ? 'j.due_at, j.seq' : code > 5 ? 'j.ended_at DESC, j.seq DESC' : 'j.seq';
  return sql.all<ViewRow>(`${view} WHERE ${conditions.join(' AND ')} ORDER BY ${order} LIMIT ?`, ...values, limit);
}

function placeOf(code: number, row: ViewRow): string {
  const first = code === 0 ? row.priority : code === 1 ? (row.dueAt ?? 0) : code > 5 ? (row.endedAt ?? 0) : 0;
  return `${first}:${row.seq}`;
}

/** `${code}:` where a state begins, `${code}:${first}:${seq}` behind a job of it. */
const cursorForm = /^(\d):(?:(-?\d{1,16}):(-?\d{1,16}))?$/;

/** @throws `MOTIA_QUEUE_INVALID_OPTION` for one that no list of these states gave */
function readCursor(cursor: string, codes: readonly number[]): { readonly code: number; readonly after: readonly number[] | undefined } {
  const [, code, ...place] = cursorForm.exec(cursor) ?? [];
  if (code === undefined || !codes.includes(Number(code))) throw queueErrors.INVALID_OPTION({ option: 'cursor', problem: 'is none that a list of these states gave' });
  const [first, seq] = place;
  return { code: Number(code), after: first === undefined || seq === undefined ? undefined : [Number(first), Number(seq)] };
}

/** Priorities that are looked at for the oldest job: beyond that the answer is that of the highest ones. */
const mostPriorities = 16;

export function stats(sql: StoreSql): readonly QueueStats[] {
  const counted = new Map<number, Record<'ready' | 'delayed' | 'leased', number> & { oldest: number | undefined }>();
  for (const { id, queue } of sql.all<{ id: number; queue: number }>('SELECT id, queue FROM queue_lanes')) {
    const entry = counted.get(queue) ?? { ready: 0, delayed: 0, leased: 0, oldest: undefined };
    entry.ready += count(sql, 'SELECT count(*) AS count FROM queue_jobs WHERE lane = ? AND state = 0', id);
    entry.delayed += count(sql, 'SELECT count(*) AS count FROM queue_jobs WHERE lane = ? AND state = 1', id);
    const oldest = oldestReady(sql, id);
    if (oldest !== undefined) entry.oldest = Math.min(oldest, entry.oldest ?? oldest);
    counted.set(queue, entry);
  }
  for (const { queue, leased } of sql.all<{ queue: number; leased: number }>('SELECT queue, count(*) AS leased FROM queue_jobs WHERE state = 3 GROUP BY queue')) {
    const entry = counted.get(queue);
    if (entry !== undefined) entry.leased = leased;
  }
  return allQueues(sql).map((state) => {
    const { ready, delayed, leased, oldest } = counted.get(state.queue) ?? { ready: 0, delayed: 0, leased: 0, oldest: undefined };
    const blocked = count(sql, 'SELECT count(*) AS count FROM queue_jobs WHERE queue = ? AND state BETWEEN 4 AND 5 AND state = 4', state.queue);
    const dead = count(sql, 'SELECT count(*) AS count FROM queue_jobs WHERE queue = ? AND state BETWEEN 4 AND 5 AND state = 5', state.queue);
    return {
      ...state, ready, delayed, leased, blocked, dead,
      behind: Math.max(0, state.depth - ready - delayed - leased - blocked),
      ...(oldest === undefined ? {} : { oldestReadyAtMs: oldest }),
    };
  });
}

function oldestReady(sql: StoreSql, lane: number): number | undefined {
  let oldest: number | undefined;
  let below = Number.MAX_SAFE_INTEGER;
  for (let seen = 0; seen < mostPriorities; seen += 1) {
    const first = sql.get<{ priority: number; enqueuedAt: number }>('SELECT priority, enqueued_at AS enqueuedAt FROM queue_jobs WHERE lane = ? AND state = 0 AND priority < ? ORDER BY priority DESC, seq LIMIT 1', lane, below);
    if (first === undefined) break;
    oldest = Math.min(oldest ?? first.enqueuedAt, first.enqueuedAt);
    below = first.priority;
  }
  return oldest;
}

function count(sql: StoreSql, text: string, value: number): number {
  return sql.get<{ count: number }>(text, value)?.count ?? 0;
}

function toView(sql: StoreSql, row: ViewRow): JobView {
  const { id, receipt, kind, name, subscriber, functionId, priority, attempts, losses, deliveries } = row;
  const state = stateName(row.state);
  const trace = readTrace(row.trace);
  const hasResult = row.state === 7;
  const data = readData(sql, row);
  return {
    messageId: id, receiptId: receipt, state, queue: { kind, name, functionId: subscriber }, functionId, priority, attempts, losses, deliveries,
    ...(row.groupKey === null ? {} : { group: row.groupKey }),
    enqueuedAtMs: row.enqueuedAt,
    ...(row.dueAt === null ? {} : { dueAtMs: row.dueAt }),
    ...(row.expiresAt === null ? {} : { expiresAtMs: row.expiresAt }),
    ...(row.leasedBy === null ? {} : { leasedBy: row.leasedBy }),
    ...(row.leaseUntil === null ? {} : { leasedUntilMs: row.leaseUntil }),
    ...(row.startedAt === null ? {} : { startedAtMs: row.startedAt }),
    ...(row.endedAt === null ? {} : { endedAtMs: row.endedAt }),
    ...(trace === undefined ? {} : { traceId: trace.traceparent.slice(3, 35) }),
    ...(row.producer === null ? {} : { producer: row.producer }),
    failures: readFailures(row.failures),
    ...(data === undefined ? {} : hasResult ? { result: data } : { data }),
    ...(row.timeoutMs === null ? {} : { timeoutMs: row.timeoutMs }),
  };
}
