import type { ModuleFunctions } from '../api/module-functions.js';
import type { CronRow } from '../api/resources/crons.js';
import { queueKey, type QueueRow } from '../api/resources/queues.js';
import { traceRow, type ListedLogs, type ListedTraces, type LogRow } from '../api/resources/telemetry.js';
import { rowsOf } from './topics.js';
import type { Topic, TopicFinder, TopicRows } from './topic.js';

/** Newest rows that a topic of telemetry shows. */
const newestTraces = 100;
const newestLogs = 500;
const newestMessages = 100;

/** Topics about what modules keep: `traces`, `trace:<id>`, `logs`, `queues`, `queue:<kind>:<name>`, `crons`, `state:<group>`, `stream:<stream>/<group>`. */
export function moduleTopics(modules: ModuleFunctions): TopicFinder {
  const list = <T>(functionId: string, payload: object, show: (answer: T) => TopicRows): Topic => ({ read: async (signal) => show(await modules.call<T>(functionId, payload, { signal })) });
  return (name) => {
    const [kind, ...rest] = name.split(':');
    const id = rest.join(':');
    switch (kind) {
      case 'traces':
        return id === '' ? list<ListedTraces>('engine::traces::list', { limit: newestTraces, sort_order: 'desc' }, ({ spans }) => rowsOf(spans, (span) => span.trace_id, traceRow)) : undefined;
      case 'trace':
        return /^[0-9a-f]{32}$/i.test(id)
          ? list<{ readonly spans: readonly { readonly span_id: string }[] }>('engine::traces::tree', { trace_id: id, flat: true, limit: 5_000 }, ({ spans }) => rowsOf(spans, (span) => span.span_id, (span) => span))
          : undefined;
      case 'logs':
        return id === '' ? list<ListedLogs>('engine::logs::list', { limit: newestLogs }, ({ logs }) => logRows(logs)) : undefined;
      case 'queues':
        return id === '' ? list<{ readonly queues: readonly QueueRow[] }>('queue::list', {}, ({ queues }) => rowsOf(queues, queueKey, (queue) => queue)) : undefined;
      case 'queue': {
        const match = /^(topic|queue):(.+)$/s.exec(id);
        return match === null
          ? undefined
          : list<{ readonly messages: readonly { readonly messageId: string }[] }>('queue::messages', { [match[1] as string]: match[2], limit: newestMessages }, ({ messages }) => rowsOf(messages, (message) => message.messageId, (message) => message));
      }
      case 'crons':
        return id === '' ? list<{ readonly jobs: readonly CronRow[] }>('cron::list', {}, ({ jobs }) => rowsOf(jobs, (job) => job.job_id, (job) => job)) : undefined;
      case 'state':
        return id === ''
          ? undefined
          : list<{ readonly items: readonly { readonly key: string }[] }>('state::list', { scope: id, with_keys: true, limit: 200 }, ({ items }) => rowsOf(items, (item) => item.key, (item) => item));
      case 'stream': {
        const slash = id.indexOf('/');
        return slash <= 0 ? undefined : list<readonly unknown[]>('stream::list', { stream_name: id.slice(0, slash), group_id: id.slice(slash + 1) }, (items) => new Map(items.map((item, place) => [ownId(item) ?? String(place), item])));
      }
      default:
        return undefined;
    }
  };
}

/** Records have no id: what was said when by whom is one, with its place among equals. Oldest first. */
export function logRows(logs: readonly LogRow[]): TopicRows {
  const rows = new Map<string, unknown>();
  for (const log of [...logs].reverse()) {
    const base = `${log.timestamp_unix_nano} ${log.span_id ?? ''} ${String(log.body).slice(0, 64)}`;
    let key = base;
    for (let twin = 2; rows.has(key); twin += 1) key = `${base} ${twin}`;
    rows.set(key, log);
  }
  return rows;
}

function ownId(item: unknown): string | undefined {
  const id = typeof item === 'object' && item !== null ? (item as { readonly id?: unknown }).id : undefined;
  return typeof id === 'string' ? id : undefined;
}
