import type { ModuleFunctions } from '../api/module-functions.js';
import { parseQueueName, queueKey, queueTarget } from '../api/queue-name.js';
import type { CronRow, QueueRow } from '../contract/index.js';
import { messageRow, type ListedMessage } from '../api/message-row.js';
import { stateKeyRow, type ListedKey } from '../api/state-key-row.js';
import type { StoredData } from '../api/stored-data.js';
import { traceRow, type ListedTraces } from '../api/resources/telemetry.js';
import { LogTopic } from './log-topic.js';
import { rowsOf } from './topics.js';
import { filteredTopic, type Topic, type TopicFinder, type TopicRows } from './topic.js';

/** Newest rows that a topic of telemetry shows. */
const newestTraces = 100;
const newestMessages = 100;
/** Oldest items of a group that a topic shows. */
const mostItems = 1_000;

interface StreamItem {
  /** Absent only where a worker keeps the stream and does not say. */
  readonly id?: string;
  readonly value: unknown;
}

type Read = (name: string) => Topic | undefined;

/** Topics about what modules keep: `traces`, `trace:<id>`, `logs`, `queues`, `queue:<kind>:<name>`, `crons`, `state:<group>`, `stream:<stream>/<group>`. */
export function moduleTopics(modules: ModuleFunctions, stored: StoredData): TopicFinder {
  const list = <T>(functionId: string, payload: object, show: (answer: T) => TopicRows): Topic => ({ read: async (signal) => show(await modules.call<T>(functionId, payload, { signal })) });
  /** For those that look for the text themselves, so that older rows which fit take the place of newer ones which do not. */
  const searched: Readonly<Record<string, (search: string | undefined) => Topic>> = {
    traces: (search) => list<ListedTraces>('engine::traces::list', { limit: newestTraces, sort_order: 'desc', search }, ({ spans }) => rowsOf(spans, (span) => span.trace_id, traceRow)),
    logs: (search) => new LogTopic(modules, search),
  };
  const whole: Readonly<Record<string, () => Topic>> = {
    queues: () => list<{ readonly queues: readonly QueueRow[] }>('queue::list', {}, ({ queues }) => rowsOf(queues, queueKey, (queue) => queue)),
    crons: () => list<{ readonly jobs: readonly CronRow[] }>('cron::list', {}, ({ jobs }) => rowsOf(jobs, (job) => job.job_id, (job) => job)),
  };
  const parts: Readonly<Record<string, Read>> = {
    trace: (id) =>
      /^[0-9a-f]{32}$/i.test(id)
        ? list<{ readonly spans: readonly { readonly span_id: string }[] }>('engine::traces::tree', { trace_id: id, flat: true, limit: 5_000 }, ({ spans }) => rowsOf(spans, (span) => span.span_id, (span) => span))
        : undefined,
    queue(id) {
      const queue = parseQueueName(id);
      if (queue === undefined) return undefined;
      return list<{ readonly messages: readonly ListedMessage[] }>('queue::messages', { ...queueTarget(queue), limit: newestMessages }, ({ messages }) => rowsOf(messages, ({ messageId }) => messageId, (message) => messageRow(message, stored)));
    },
    state: (scope) => list<{ readonly items: readonly ListedKey[] }>('state::list', { scope, with_keys: true, limit: 200 }, ({ items }) => rowsOf(items, ({ key }) => key, (entry) => stateKeyRow(entry, stored))),
    stream(id) {
      const slash = id.indexOf('/');
      if (slash <= 0) return undefined;
      return list<{ readonly items: readonly StreamItem[] }>('stream::list', { stream_name: id.slice(0, slash), group_id: id.slice(slash + 1), with_ids: true, limit: mostItems }, ({ items }) => new Map(items.map((item, place) => [item.id ?? String(place), { ...item, value: stored.hidden(item.id, item.value) }])));
    },
  };
  return (name, filter) => {
    const own = Object.hasOwn(searched, name) ? searched[name] : undefined;
    if (own !== undefined) return own(filter);
    const colon = name.indexOf(':');
    if (colon < 0) return filteredTopic(Object.hasOwn(whole, name) ? whole[name]?.() : undefined, filter);
    const kind = name.slice(0, colon);
    const id = name.slice(colon + 1);
    return filteredTopic(id !== '' && Object.hasOwn(parts, kind) ? parts[kind]?.(id) : undefined, filter);
  };
}

