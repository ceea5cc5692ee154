import { nearestNames } from '@motia/engine-core';
import type { QueueMessage } from '@motia/engine-core/contract';
import { snakeCase } from '../delivery/settings-schema.js';
import { queueErrors } from '../errors.js';
import { checkedGroup, checkedName } from './names.js';

const keys = ['topic', 'queue', 'functionId', 'data', 'messageGroupId', 'dedupId', 'delayMs', 'delaySeconds', 'runAt', 'priority', 'ttlMs'] as const;
type Key = (typeof keys)[number];
const known: ReadonlyMap<string, Key> = new Map(keys.flatMap((key) => [[key, key] as const, [snakeCase(key), key] as const]));

const longestDelayMs = 31_536_000_000;
const largestPriority = 2_147_483_647;

/**
 * What `enqueue` was called with, in either spelling, as a message.
 * @throws `MOTIA_QUEUE_TOPIC_MISSING`, `MOTIA_QUEUE_INVALID_NAME`, `MOTIA_QUEUE_INVALID_OPTION`, `MOTIA_QUEUE_INVALID_GROUP`
 */
export function readEnqueue(payload: unknown): QueueMessage {
  if (typeof payload !== 'object' || payload === null || Array.isArray(payload)) throw queueErrors.TOPIC_MISSING({ legacyCode: 'topic_not_set' });
  const given: Partial<Record<Key, unknown>> = {};
  for (const [key, value] of Object.entries(payload)) {
    const name = known.get(key);
    if (name === undefined) throw unknownKey(key);
    if (value !== undefined && (value !== null || name === 'data')) given[name] = value;
  }
  return checkedMessage({
    ...(given as Omit<QueueMessage, 'runAtMs' | 'delayMs'>),
    data: given.data,
    ...delayOf(given),
    ...(given.runAt === undefined ? {} : { runAtMs: momentOf(given.runAt) }),
  });
}

/** Checks a message, whoever made it. @throws as {@link readEnqueue} */
export function checkedMessage(message: QueueMessage): QueueMessage {
  const { topic, queue, functionId, data, messageGroupId, dedupId, delayMs, runAtMs, priority, ttlMs } = message;
  if ((topic === undefined || topic === '') && queue === undefined) throw queueErrors.TOPIC_MISSING({ legacyCode: 'topic_not_set' });
  if (queue !== undefined && (typeof functionId !== 'string' || functionId === '')) throw queueErrors.INVALID_OPTION({ option: 'functionId', problem: 'must name the function that a message to a named queue is for' });
  if (topic !== undefined && queue !== undefined) throw queueErrors.INVALID_OPTION({ option: 'queue', problem: 'cannot stand beside a topic: a message goes to one of them' });
  if (delayMs !== undefined) checkNumber('delayMs', delayMs, 0, longestDelayMs);
  if (runAtMs !== undefined && !Number.isFinite(runAtMs)) throw queueErrors.INVALID_OPTION({ option: 'runAt', problem: 'must be a time' });
  if (priority !== undefined) checkInteger('priority', priority, -largestPriority, largestPriority);
  if (ttlMs !== undefined) checkNumber('ttlMs', ttlMs, 1, longestDelayMs);
  const group = checkedGroup('messageGroupId', messageGroupId);
  const dedup = checkedGroup('dedupId', dedupId);
  return {
    ...(queue === undefined ? { topic: checkedName('topic', topic) } : { queue: checkedName('queue', queue), functionId: functionId as string }),
    data,
    ...(group === undefined ? {} : { messageGroupId: group }),
    ...(dedup === undefined ? {} : { dedupId: dedup }),
    ...(delayMs === undefined ? {} : { delayMs }),
    ...(runAtMs === undefined ? {} : { runAtMs }),
    ...(priority === undefined ? {} : { priority }),
    ...(ttlMs === undefined ? {} : { ttlMs }),
  };
}

function unknownKey(key: string): Error {
  const [nearest] = nearestNames(key, keys);
  return queueErrors.INVALID_OPTION({ option: key.slice(0, 128), problem: `is not an option of enqueue${nearest === undefined ? `; there are ${keys.join(', ')}` : ` (did you mean "${nearest}"?)`}` });
}

function delayOf({ delayMs, delaySeconds }: Partial<Record<Key, unknown>>): { readonly delayMs?: number } {
  if (delayMs !== undefined) return { delayMs: checkNumber('delayMs', delayMs, 0, longestDelayMs) };
  if (delaySeconds !== undefined) return { delayMs: checkNumber('delaySeconds', delaySeconds, 0, longestDelayMs / 1_000) * 1_000 };
  return {};
}

/** Epoch milliseconds, or an ISO date with its zone. */
function momentOf(value: unknown): number {
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  const text = typeof value === 'string' ? /^(\d{4})-(\d\d)-(\d\d)(?:T[\d:.]+(?:Z|[+-]\d\d:?\d\d))?$/.exec(value) : null;
  // Date rolls 31 February over into March; what was written is not what it would mean.
  const isDay = text !== null && Number(text[3]) <= new Date(Date.UTC(Number(text[1]), Number(text[2]), 0)).getUTCDate();
  const parsed = isDay ? Date.parse(String(value)) : Number.NaN;
  if (Number.isNaN(parsed)) throw queueErrors.INVALID_OPTION({ option: 'runAt', problem: 'must be an ISO date with its zone, such as 2030-01-01T00:00:00Z, or milliseconds since 1970' });
  return parsed;
}

export function checkNumber(option: string, value: unknown, minimum: number, maximum: number): number {
  if (typeof value === 'number' && value >= minimum && value <= maximum) return value;
  throw queueErrors.INVALID_OPTION({ option, problem: `must be a number from ${minimum} to ${maximum}` });
}

export function checkInteger(option: string, value: unknown, minimum: number, maximum: number): number {
  if (Number.isInteger(value)) return checkNumber(option, value, minimum, maximum);
  throw queueErrors.INVALID_OPTION({ option, problem: `must be a whole number from ${minimum} to ${maximum}` });
}
