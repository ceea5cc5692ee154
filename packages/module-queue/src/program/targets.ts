import type { StoreSql } from '@motia/engine-core/contract';
import type { JobAdd } from '../job-store.js';
import type { CommandTimes } from './times.js';

/** A queue as a new message meets it. */
export interface TargetRow {
  readonly queue: number;
  readonly kind: string;
  readonly name: string;
  readonly functionId: string;
  readonly isFifo: number;
  readonly groupField: string | null;
  readonly implicitGroup: number;
  readonly delayMs: number;
  readonly maxDepth: number;
  readonly isPaused: number;
  readonly depth: number;
}
export interface Target {
  readonly row: TargetRow;
  readonly lane: number;
  /** Whom the job is for; empty where subscribers compete. */
  readonly functionId: string;
}

const columns = `q.id AS queue, q.kind, q.name, q.function_id AS functionId, q.is_fifo AS isFifo, q.group_field AS groupField, q.implicit_group AS implicitGroup,
  q.delay_ms AS delayMs, q.max_depth AS maxDepth, q.is_paused AS isPaused, q.depth`;
const ofTopic = `SELECT ${columns}, q.role, l.id AS lane FROM queue_queues q JOIN queue_lanes l ON l.queue = q.id
  WHERE q.kind = 'topic' AND q.name = ? AND q.ended_at IS NULL AND (q.left_at IS NULL OR q.left_at + q.grace_ms > ?) ORDER BY q.id`;
const named = `SELECT ${columns} FROM queue_queues q WHERE q.kind = 'queue' AND q.name = ? AND q.ended_at IS NULL`;

/** Finds the queues that messages go to; each topic and queue once per command. */
export class Targets {
  readonly #sql: StoreSql;
  readonly #steadyMs: number;
  readonly #topics = new Map<string, readonly Target[]>();
  readonly #lanes = new Map<string, Target | undefined>();

  constructor(sql: StoreSql, { steadyMs }: CommandTimes) {
    this.#sql = sql;
    this.#steadyMs = steadyMs;
  }

  /** Everybody who gets the message; nobody when there is no such topic or queue. */
  of(target: JobAdd['target']): readonly Target[] {
    if ('topic' in target) return this.#ofTopic(target.topic);
    const lane = this.#ofQueue(target.queue, target.functionId);
    return lane === undefined ? [] : [lane];
  }

  #ofTopic(topic: string): readonly Target[] {
    let targets = this.#topics.get(topic);
    if (targets === undefined) {
      const rows = this.#sql.all<TargetRow & { readonly role: number; readonly lane: number }>(ofTopic, topic, this.#steadyMs);
      const subscribers = rows.filter(({ role }) => role === 0);
      targets = (subscribers.length > 0 ? subscribers : rows).map((row) => ({ row, lane: row.lane, functionId: row.functionId }));
      this.#topics.set(topic, targets);
    }
    return targets;
  }

  #ofQueue(name: string, functionId: string): Target | undefined {
    const key = `${name}\n${functionId}`;
    if (!this.#lanes.has(key)) this.#lanes.set(key, this.#findLane(name, functionId));
    return this.#lanes.get(key);
  }

  #findLane(name: string, functionId: string): Target | undefined {
    const row = this.#sql.get<TargetRow>(named, name);
    return row === undefined ? undefined : { row, lane: laneOf(this.#sql, row.queue, functionId), functionId };
  }
}

/** The lane of a queue for a function, made when it is the first job for it. */
export function laneOf(sql: StoreSql, queue: number, functionId: string): number {
  const found = sql.get<{ id: number }>('SELECT id FROM queue_lanes WHERE queue = ? AND function_id = ?', queue, functionId);
  return found?.id ?? sql.run('INSERT INTO queue_lanes (queue, function_id) VALUES (?, ?)', queue, functionId).lastId;
}
