import { nearestNames } from '@motia/engine-core';
import { snakeCase } from '../delivery/settings-schema.js';
import { queueErrors } from '../errors.js';
import type { JobState } from '../job.js';
import type { JobFilter, JobStore, QueueState } from '../job-store.js';
import { checkInteger, checkNumber } from '../message/enqueue-request.js';

/** What an operator's function was called with. Both spellings of every key are read. */
export class Request {
  readonly #given: Readonly<Record<string, unknown>>;

  constructor(payload: unknown, known: readonly string[]) {
    this.#given = typeof payload === 'object' && payload !== null && !Array.isArray(payload) ? (payload as Record<string, unknown>) : {};
    for (const key of Object.keys(this.#given)) {
      if (known.some((name) => name === key || snakeCase(name) === key)) continue;
      const [nearest] = nearestNames(key, known);
      throw queueErrors.INVALID_OPTION({ option: key.slice(0, 128), problem: nearest === undefined ? `is not known; there are ${known.join(', ')}` : `is not known (did you mean "${nearest}"?)` });
    }
  }

  at(key: string): unknown {
    return this.#given[key] ?? this.#given[snakeCase(key)];
  }

  has(key: string): boolean {
    return this.at(key) !== undefined && this.at(key) !== null;
  }

  text(key: string): string | undefined {
    const value = this.at(key);
    if (value === undefined || value === null) return undefined;
    if (typeof value === 'string' && value !== '' && value.length <= 1_024) return value;
    throw queueErrors.INVALID_OPTION({ option: key, problem: 'must be text' });
  }

  need(key: string): string {
    const value = this.text(key);
    if (value === undefined) throw queueErrors.INVALID_OPTION({ option: key, problem: 'is missing' });
    return value;
  }

  integer(key: string, minimum: number, maximum: number): number | undefined {
    return this.has(key) ? checkInteger(key, this.at(key), minimum, maximum) : undefined;
  }

  number(key: string, minimum: number, maximum: number): number | undefined {
    return this.has(key) ? checkNumber(key, this.at(key), minimum, maximum) : undefined;
  }

  flag(key: string): boolean {
    const value = this.at(key);
    if (value === undefined || value === null || value === false) return false;
    if (value === true) return true;
    throw queueErrors.INVALID_OPTION({ option: key, problem: 'must be true or false' });
  }

  /** One id, or a list of them under the plural of the key. */
  ids(key: string): readonly string[] | undefined {
    const one = this.text(key);
    if (one !== undefined) return [one];
    const many = this.at(`${key}s`);
    if (many === undefined || many === null) return undefined;
    if (Array.isArray(many) && many.length <= 1_000 && many.every((id) => typeof id === 'string')) return many;
    throw queueErrors.INVALID_OPTION({ option: `${key}s`, problem: 'must be a list of at most 1,000 ids' });
  }
}

/** Keys that name queues. */
export const queueKeys = ['topic', 'queue', 'functionId'] as const;
/** Keys that narrow a choice of dead letters. */
export const filterKeys = ['code', 'group', 'before', 'after'] as const;

/**
 * The queues that a request names: `{ topic }` all subscribers of a topic, `{ topic, functionId }` one of them, `{ queue }` a named one.
 * @throws `MOTIA_QUEUE_QUEUE_NOT_FOUND`
 */
export async function selectedQueues(store: JobStore, request: Request): Promise<readonly QueueState[]> {
  const topic = request.text('topic');
  const name = request.text('queue') ?? topic;
  if (name === undefined) throw queueErrors.INVALID_OPTION({ option: 'topic', problem: 'or queue must say which one is meant' });
  const kind = topic === undefined ? 'queue' : 'topic';
  const functionId = request.text('functionId');
  const all = await store.queues();
  const named = all.filter((queue) => queue.kind === kind && queue.name === name);
  const found = named.filter((queue) => kind === 'queue' || functionId === undefined || queue.functionId === functionId);
  if (found.length > 0) return found;
  if (functionId !== undefined && named.length > 0) throw queueErrors.QUEUE_NOT_FOUND({ name, kind, functionId, nearest: named.map((queue) => queue.functionId).filter((id) => id !== '').slice(0, 3) });
  throw queueErrors.QUEUE_NOT_FOUND({ name, kind, nearest: nearestNames(name, new Set(all.filter((queue) => queue.kind === kind).map((queue) => queue.name)), 3) });
}

/**
 * The messages that are named, if any are; a queue that is named beside them has to be theirs.
 * @throws `MOTIA_QUEUE_MESSAGE_NOT_FOUND`, before anything has happened to one of them
 */
export async function namedMessages(store: JobStore, request: Request): Promise<readonly string[] | undefined> {
  const ids = request.ids('messageId');
  if (ids === undefined || !(request.has('topic') || request.has('queue'))) return ids;
  const queues = await selectedQueues(store, request);
  for (const messageId of ids) {
    const queue = (await store.job(messageId))?.queue;
    const isThere = queues.some(({ kind, name, functionId }) => kind === queue?.kind && name === queue.name && functionId === queue.functionId);
    if (!isThere) throw queueErrors.MESSAGE_NOT_FOUND({ messageId, queue: request.text('topic') ?? request.text('queue') ?? '' });
  }
  return ids;
}

/** Conditions on dead letters. In a named queue `functionId` is one of them. */
export function filterOf(request: Request, { queue, kind }: Pick<QueueState, 'queue' | 'kind'>): JobFilter {
  const functionId = kind === 'queue' ? request.text('functionId') : undefined;
  const code = request.text('code');
  const group = request.text('group');
  const beforeMs = request.number('before', 0, Number.MAX_SAFE_INTEGER);
  const afterMs = request.number('after', 0, Number.MAX_SAFE_INTEGER);
  return {
    queue,
    ...(functionId === undefined ? {} : { functionId }),
    ...(code === undefined ? {} : { code }),
    ...(group === undefined ? {} : { group }),
    ...(beforeMs === undefined ? {} : { beforeMs }),
    ...(afterMs === undefined ? {} : { afterMs }),
  };
}

const states: readonly JobState[] = ['leased', 'ready', 'delayed', 'behind', 'blocked', 'dead', 'completed', 'cancelled', 'discarded'];
/** States by the words that people use. */
const aliases: Readonly<Record<string, readonly JobState[]>> = { waiting: ['ready', 'behind'], running: ['leased'], scheduled: ['delayed'], ended: ['completed', 'cancelled', 'discarded'] };

export function statesOf(request: Request): readonly JobState[] {
  const given = request.at('state') ?? request.at('states');
  if (given === undefined || given === null) return states.slice(0, 5);
  return (Array.isArray(given) ? given : [given]).flatMap((name: unknown) => {
    const found = typeof name === 'string' ? (aliases[name] ?? states.filter((state) => state === name)) : [];
    if (found.length === 0) throw queueErrors.INVALID_OPTION({ option: 'state', problem: `must be one of ${[...states, ...Object.keys(aliases)].join(', ')}` });
    return found;
  });
}
