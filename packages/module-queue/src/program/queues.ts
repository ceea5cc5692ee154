import type { StoreCommandContext, StoreSql } from '@motia/engine-core/contract';
import { messageIdOf } from '../message/message-id.js';
import type { QueueDeclaration, QueueState } from '../job-store.js';
import { isGroupBusy } from './groups.js';
import { isSubscription, roles, stateCode } from './tables.js';
import { laneOf } from './targets.js';
import type { CommandTimes } from './times.js';
import { isInUse, waitingJobs } from './waiting.js';

interface QueueRow {
  readonly queue: number;
  readonly kind: 'topic' | 'queue';
  readonly name: string;
  readonly functionId: string;
  readonly role: number;
  readonly isFifo: number;
  readonly groupField: string | null;
  readonly implicitGroup: number;
  readonly delayMs: number;
  readonly maxDepth: number;
  readonly maxLosses: number;
  readonly blocksGroup: number;
  readonly graceMs: number;
  readonly isPaused: number;
  readonly depth: number;
  readonly leftAt: number | null;
  readonly endedAt: number | null;
}

const all = `SELECT id AS queue, kind, name, function_id AS functionId, role, is_fifo AS isFifo, group_field AS groupField, implicit_group AS implicitGroup, delay_ms AS delayMs,
  max_depth AS maxDepth, max_losses AS maxLosses, blocks_group AS blocksGroup, grace_ms AS graceMs, is_paused AS isPaused, depth, left_at AS leftAt,
  ended_at AS endedAt FROM queue_queues`;
const upsert = `INSERT INTO queue_queues (kind, name, function_id, role, is_fifo, group_field, implicit_group, delay_ms, max_depth, max_losses, blocks_group, grace_ms)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (kind, name, function_id) DO UPDATE SET role = excluded.role, is_fifo = excluded.is_fifo, group_field = excluded.group_field, implicit_group = excluded.implicit_group,
  delay_ms = excluded.delay_ms, max_depth = excluded.max_depth, max_losses = excluded.max_losses, blocks_group = excluded.blocks_group, grace_ms = excluded.grace_ms, left_at = NULL, ended_at = NULL`;

export function allQueues(sql: StoreSql): readonly QueueState[] {
  return sql.all<QueueRow>(all).map(toState);
}

/** Makes queues known. What a topic held for its first subscriber becomes that one's. */
export function declare(sql: StoreSql, input: { readonly queues: readonly QueueDeclaration[]; readonly times: CommandTimes }, { engineId }: StoreCommandContext): readonly QueueState[] {
  return input.queues.map(({ kind, name, functionId, role, rules }) => {
    sql.run(
      upsert, kind, name, functionId, roles.indexOf(role), Number(rules.isFifo), rules.messageGroupField ?? null, Number(rules.hasImplicitGroup),
      rules.delayMs, rules.maxDepth, rules.maxLosses, Number(rules.blocksGroup), rules.graceMs,
    );
    const row = sql.get<QueueRow>(`${all} WHERE kind = ? AND name = ? AND function_id = ?`, kind, name, functionId) as QueueRow;
    if (role !== 'named') laneOf(sql, row.queue, functionId);
    if (role === 'subscription') {
      serve(sql, [row.queue], engineId, input.times);
      if (functionId !== '') takeOver(sql, row, input.times);
    }
    return toState(sql.get<QueueRow>(`${all} WHERE id = ?`, row.queue) as QueueRow);
  });
}

/** Jobs that a topic holds without knowing for whom are given to a subscriber. */
function takeOver(sql: StoreSql, subscriber: QueueRow, { dueMs }: CommandTimes): void {
  const held = sql.get<{ id: number }>("SELECT id FROM queue_queues WHERE kind = 'topic' AND name = ? AND function_id = '' AND role = 1", subscriber.name);
  if (held === undefined) return;
  const lane = laneOf(sql, subscriber.queue, subscriber.functionId);
  const jobs = waitingJobs(sql, held.id, Number.MAX_SAFE_INTEGER);
  for (const { seq, receipt, groupKey, dueAt } of jobs) {
    const group = subscriber.isFifo === 0 ? null : groupKey ?? '*';
    const isBehind = group !== null && isGroupBusy(sql, subscriber.queue, group);
    const state = isBehind ? stateCode.behind : dueAt !== null && dueAt > dueMs ? stateCode.delayed : stateCode.ready;
    sql.run('UPDATE queue_jobs SET id = ?, queue = ?, lane = ?, group_key = ?, state = ? WHERE seq = ?', messageIdOf(receipt, subscriber.functionId), subscriber.queue, lane, group, state, seq);
  }
  sql.run('UPDATE queue_queues SET depth = depth - ? WHERE id = ?', jobs.length, held.id);
  sql.run('UPDATE queue_queues SET depth = depth + ? WHERE id = ?', jobs.length, subscriber.queue);
}

/** From when a subscription's time runs out: since no engine serves it. One that was left before keeps its time. */
const markLeft = `UPDATE queue_queues SET left_at = ? WHERE ${isSubscription} AND left_at IS NULL AND NOT EXISTS (SELECT 1 FROM queue_servers s WHERE s.queue = queue_queues.id)`;

/** An engine serves it no more. */
export function noteLeft(sql: StoreSql, queue: number, { steadyMs }: CommandTimes): void {
  sql.run(`${markLeft} AND id = ?`, steadyMs, queue);
}

/** Engines that serve a subscription say so now and then; one that has not for this long is gone. */
const longestSilenceMs = 300_000;

/** Says which subscriptions this engine serves, and forgets what engines served that are gone. */
export function keepServing(sql: StoreSql, { queues, times }: { readonly queues: readonly number[]; readonly times: CommandTimes }, { engineId }: StoreCommandContext): void {
  serve(sql, queues, engineId, times);
  sql.run('DELETE FROM queue_servers WHERE seen_at <= ?', times.steadyMs - longestSilenceMs);
  sql.run(markLeft, times.steadyMs);
}

function serve(sql: StoreSql, queues: readonly number[], engineId: string, { steadyMs }: CommandTimes): void {
  for (const queue of queues) {
    sql.run('INSERT OR REPLACE INTO queue_servers (queue, engine_id, seen_at) VALUES (?, ?, ?)', queue, engineId, steadyMs);
    sql.run('UPDATE queue_queues SET left_at = NULL WHERE id = ? AND left_at IS NOT NULL AND (ended_at IS NULL OR role = 3)', queue);
  }
}

/** This engine serves them no more. Once no engine does, their time begins to run out. */
export function leave(sql: StoreSql, { queues, times }: { readonly queues: readonly number[]; readonly times: CommandTimes }, { engineId }: StoreCommandContext): void {
  for (const queue of queues) {
    sql.run('DELETE FROM queue_servers WHERE queue = ? AND engine_id = ?', queue, engineId);
    noteLeft(sql, queue, times);
  }
}

/** No new messages for subscriptions; this engine serves what they hold. One that holds nothing is ended. Answers the others. */
export function supersede(sql: StoreSql, { queues, times }: { readonly queues: readonly number[]; readonly times: CommandTimes }, { engineId }: StoreCommandContext): readonly number[] {
  const kept = queues.filter((queue) => isInUse(sql, queue));
  for (const queue of queues) if (!kept.includes(queue)) unsubscribe(sql, { queue, times });
  for (const queue of kept) sql.run(`UPDATE queue_queues SET role = 3, ended_at = coalesce(ended_at, ?) WHERE id = ? AND ${isSubscription}`, times.steadyMs, queue);
  serve(sql, kept, engineId, times);
  return kept;
}

export function unsubscribe(sql: StoreSql, { queue, times }: { readonly queue: number; readonly times: CommandTimes }): void {
  sql.run('DELETE FROM queue_servers WHERE queue = ?', queue);
  sql.run(`UPDATE queue_queues SET role = 0, ended_at = ?, left_at = coalesce(left_at, ?) WHERE id = ? AND ${isSubscription}`, times.steadyMs, times.steadyMs, queue);
}

/** Takes no new messages from now on, until it is declared again. What it holds stays. */
export function retire(sql: StoreSql, { queues, times }: { readonly queues: readonly number[]; readonly times: CommandTimes }): void {
  for (const queue of queues) sql.run(`UPDATE queue_queues SET ended_at = ? WHERE id = ? AND NOT ${isSubscription} AND ended_at IS NULL`, times.steadyMs, queue);
}

export function pause(sql: StoreSql, { queues, isPaused }: { readonly queues: readonly number[]; readonly isPaused: boolean }): void {
  for (const queue of queues) sql.run('UPDATE queue_queues SET is_paused = ? WHERE id = ?', Number(isPaused), queue);
}

function toState(row: QueueRow): QueueState {
  const { queue, kind, name, functionId, depth, leftAt, endedAt } = row;
  return {
    queue, kind, name, functionId, depth,
    role: roles[row.role] as QueueState['role'],
    isPaused: row.isPaused !== 0,
    rules: {
      isFifo: row.isFifo !== 0,
      ...(row.groupField === null ? {} : { messageGroupField: row.groupField }),
      hasImplicitGroup: row.implicitGroup !== 0,
      delayMs: row.delayMs, maxDepth: row.maxDepth, maxLosses: row.maxLosses,
      blocksGroup: row.blocksGroup !== 0,
      graceMs: row.graceMs,
    },
    ...(leftAt === null ? {} : { leftAtMs: leftAt }),
    ...(endedAt === null ? {} : { endedAtMs: endedAt }),
  };
}
