import { Type, type Static } from '@sinclair/typebox';
import { anything, count, epochMs, flag, names, oneOf, orNull, text, time, traceId } from './shapes.js';

const failure = Type.Object({ code: text, message: text });

export const queueRow = Type.Object({
  kind: oneOf('topic', 'queue'), name: text,
  /** The subscriber of a topic. Empty for a named queue, and for a topic that waits for its first one. */
  functionId: text,
  type: oneOf('fifo', 'standard'), isPaused: flag,
  depth: count, waiting: count, delayed: count, running: count, blocked: count, dead: count,
  oldestAgeMs: Type.Optional(Type.Number()), leftAtMs: Type.Optional(epochMs), options: Type.Optional(names),
});
export type QueueRow = Static<typeof queueRow>;

const attempt = Type.Object({ kind: oneOf('failed', 'lost'), code: text, message: text, atMs: epochMs, delivery: count, traceId: Type.Optional(traceId), stack: Type.Optional(text) });
const message = {
  messageId: text, receiptId: text, state: text, queue: Type.Object({ kind: oneOf('topic', 'queue'), name: text, functionId: Type.Optional(orNull(text)) }),
  functionId: text, priority: Type.Number(), attempts: count, losses: count, deliveries: count, enqueuedAtMs: epochMs,
  group: Type.Optional(text), dueAtMs: Type.Optional(epochMs), expiresAtMs: Type.Optional(epochMs), leasedUntilMs: Type.Optional(epochMs), startedAtMs: Type.Optional(epochMs), endedAtMs: Type.Optional(epochMs),
  traceId: Type.Optional(traceId),
};
/** `preview` is the beginning of its data. */
export const messageRow = Type.Object({ ...message, bytes: count, preview: text, lastFailure: Type.Optional(Type.Omit(attempt, ['stack'])) });
export type MessageRow = Static<typeof messageRow>;
/** Failed deliveries newest first. */
export const messageDetail = Type.Object({ ...message, data: Type.Optional(anything), result: Type.Optional(anything), failures: Type.Array(attempt) });
export const explanation = Type.Object({ messageId: text, state: text, reason: text, explanation: text, untilMs: Type.Optional(epochMs), waitsFor: Type.Optional(text) });
/** A redrive as a job: `id` is the name of the queue. */
export const redriveJob = Type.Object({ id: Type.Optional(text), moved: count, total: Type.Optional(count), state: text });
export const redriveMove = Type.Object({ id: text, moved: count, state: text, startedAtMs: epochMs, functionId: Type.Optional(orNull(text)) });

export const cronRow = Type.Object({
  job_id: text, function_id: text, origin: oneOf('trigger', 'scheduled'),
  /** A schedule that repeats has `expression`, one that runs once `at`. */
  expression: Type.Optional(text), timezone: Type.Optional(text), at: Type.Optional(time),
  status: oneOf('waiting_for_function', 'paused', 'finished', 'active'), is_paused: flag,
  next_run: orNull(time), last_scheduled_time: orNull(time), last_result: orNull(oneOf('succeeded', 'failed', 'skipped', 'running')), last_error: orNull(failure),
  overlap: text, catch_up: text, catch_up_window_ms: orNull(count), timeout_ms: count,
});
export type CronRow = Static<typeof cronRow>;
export const cronRun = Type.Object({
  job_id: text, function_id: text, scheduled_time: time, kind: oneOf('slot', 'manual'), state: text, reason: orNull(text), backfilled: flag, attempts: count, losses: count, missed_before: count,
  claimed_time: time, started_time: orNull(time), ended_time: orNull(time), duration_ms: orNull(Type.Number()), error: orNull(failure), message_id: orNull(text), trace_id: orNull(traceId),
});
export type CronRun = Static<typeof cronRun>;

export const stateKeyRow = Type.Object({ key: text, version: count, updatedAtMs: epochMs, expiresAtMs: Type.Optional(epochMs), bytes: count, preview: text });
export type StateKeyRow = Static<typeof stateKeyRow>;
export const stateEntry = Type.Object({ scope: text, key: text, value: anything, version: count });
export const stateChange = Type.Object({
  seq: count, scope: Type.Optional(text), key: Type.Optional(text), op: text, version: count, at_ms: epochMs, trace_id: Type.Optional(traceId), function_id: Type.Optional(text),
  before: Type.Optional(anything), after: Type.Optional(anything), before_unknown: Type.Optional(flag), after_unknown: Type.Optional(flag),
});
export const stateAt = Type.Object({
  scope: text, key: text,
  /** False: the history does not reach so far back, or the value was too large for it. */
  is_known: flag,
  /** A missing key and a stored null are told apart by it. */
  exists: Type.Optional(flag), value: Type.Optional(anything), seq: Type.Optional(count), version: Type.Optional(count), at_ms: Type.Optional(epochMs),
});
export const stateWritten = Type.Object({ old_value: Type.Optional(anything), new_value: Type.Optional(anything), version: Type.Optional(count) });
