import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { answerRequest } from '@motia/console';
import { connectTestWorker, startTestHost, type TestHost, type TestWorker } from '@motia/engine-core/testing';
import { cron } from '@motia/module-cron';
import { otel } from '@motia/module-otel';
import { queue } from '@motia/module-queue';
import { state } from '@motia/module-state';
import { stream } from '@motia/module-stream';
import { apiModule, DataApiRef } from './harness/data-api-module.js';

const config = { store_method: 'in_memory' };
const signal = new AbortController().signal;
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

interface Page {
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- whatever the API answers: that is what is looked at
  readonly items: readonly any[];
  readonly nextCursor: string | null;
}

describe('lists of the data API', () => {
  let host: TestHost;
  let worker: TestWorker;
  const get = async (path: string, query: object = {}): Promise<Page> => (await answerRequest(host.service(DataApiRef).api, { path, query }, signal)) as Page;
  const post = async (path: string, body: object = {}): Promise<unknown> => answerRequest(host.service(DataApiRef).api, { method: 'POST', path, body }, signal);
  /** Every row, by pages of `limit`. */
  const all = async (path: string, query: object): Promise<readonly Page['items'][number][]> => {
    const rows: unknown[] = [];
    let cursor: string | null = null;
    let pages = 0;
    do {
      const page: Page = await get(path, { ...query, ...(cursor === null ? {} : { cursor }) });
      rows.push(...page.items);
      cursor = page.nextCursor;
      pages += 1;
    } while (cursor !== null && pages < 100);
    return rows;
  };
  const topic = async (name: string): Promise<Readonly<Record<string, unknown>>> => {
    const [frame] = await host.service(DataApiRef).hub.poll({ topic: name }, 0, signal);
    return (frame?.data as { readonly upsert: Record<string, unknown> }).upsert;
  };

  beforeAll(async () => {
    host = await startTestHost([
      stream({ listen: false, adapter: { class: 'modules::stream::adapters::KvStore', config } }), state({ adapter: { class: 'modules::state::adapters::KvStore', config } }),
      queue({ adapter: { class: 'modules::queue::BuiltinQueueAdapter', config } }), cron({ adapter: { class: 'modules::cron::KvCronAdapter', config } }), otel(),
      { definition: apiModule({ list: () => [{ owner: 'app', command: 'motia dev', state: 'ready', restarts: 0, startedAt: 5_000 }, { owner: 'other', command: 'x', state: 'starting', restarts: 0 }], reload: async () => undefined }) },
    ]);
    worker = await connectTestWorker(host, {
      owner: 'app', name: 'shop',
      functions: {
        'shop::bill': () => {
          throw new Error('no money');
        },
        'shop::ship': () => undefined,
        'shop::nightly': () => undefined,
      },
      triggers: [
        { type: 'queue', functionId: 'shop::bill', config: { topic: 'orders', queue_config: { maxRetries: 0 } } },
        { type: 'queue', functionId: 'shop::ship', config: { topic: 'orders' } },
        { type: 'cron', functionId: 'shop::nightly', config: { expression: '0 0 * * * * *' } },
      ],
    });
    for (const [key, value] of Object.entries({ tea: 'green '.repeat(100), coffee: 'black', water: null })) await post(`/state/drinks/${key}`, { value });
    for (const cents of [1, 2, 3, 4, 5]) await post('/state/prices/tea', { value: { cents } });
    await post('/queues/topic%3Aorders/pause');
    for (const id of ['o-1', 'o-2', 'o-3']) await post('/queues/topic%3Aorders/publish', { data: { id, note: 'x'.repeat(1_000) } });
    await host.functions.invoke('stream::set', { stream_name: 'board', group_id: 'g', item_id: 'i', data: { n: 1 } });
  });
  afterAll(async () => {
    await worker[Symbol.asyncDispose]();
    await host.stop({ drainTimeoutMs: 200 });
  });

  it('refuse a parameter that nobody looks at, and say which ones there are', async () => {
    for (const [path, query, says] of [
      ['/functions', { limt: 5 }, 'The query parameter limt is not known: this path takes internal, filter, sort, order, limit, cursor.'],
      ['/queues', { from: '2026-01-01T00:00:00Z' }, 'parameter from is not known'],
      ['/health', { verbose: 'true' }, 'this path takes none'],
      ['/traces', { error: 'maybe' }, 'parameter error must be one of true, false'],
      ['/traces', { status: 'fine' }, 'parameter status must be one of ok, error'],
    ] as const) await expect(get(path, query)).rejects.toMatchObject({ code: 'MOTIA_CONSOLE_QUERY_INVALID', message: expect.stringContaining(says) });
    await expect(answerRequest(host.service(DataApiRef).api, { method: 'POST', path: '/processes/reload', query: { force: 'true' } }, signal)).rejects.toMatchObject({ code: 'MOTIA_CONSOLE_QUERY_INVALID' });
  });

  it('of things that have a time take from and to', async () => {
    expect([(await get('/processes', { from: '4000' })).items.length, (await get('/processes', { to: '4000' })).items.length, (await get('/processes')).items.length]).toEqual([1, 0, 2]);
    const hour = 3_600_000;
    expect((await get('/crons', { to: String(Date.now() + 2 * hour) })).items).toHaveLength(1);
    expect((await get('/crons', { from: String(Date.now() + 2 * hour) })).items).toHaveLength(0);
    expect((await get('/workers', { from: String(Date.now() + hour) })).items).toHaveLength(0);
    expect((await get('/state/drinks/keys', { from: String(Date.now() + hour) })).items).toHaveLength(0);
  });

  it('of changes of a key go on where a cursor says, and are searched over all pages', async () => {
    const after = (row: { readonly after: { readonly cents: number } }): number => row.after.cents;
    expect((await all('/state/prices/tea/history', { limit: 2 })).map(after)).toEqual([5, 4, 3, 2, 1]);
    expect((await all('/state/prices/tea/history', { limit: 1, filter: '"cents":2' })).map(after)).toEqual([3, 2]);
  });

  it('of keys, scopes and messages are searched over all pages, and show no whole values', async () => {
    expect((await all('/state/groups', { limit: 1, filter: 'RICE' })).map(({ group }) => group)).toEqual(['prices']);
    expect((await all('/state/drinks/keys', { limit: 1, filter: 'black' })).map(({ key }) => key)).toEqual(['coffee']);
    const messages = await all('/queues/topic%3Aorders%20shop%3A%3Aship/messages', { limit: 1, filter: 'o-2' });
    expect(messages).toEqual([expect.objectContaining({ functionId: 'shop::ship', bytes: 1_022, preview: expect.stringMatching(/^\{"id":"o-2","note":"x{90,110}…$/) })]);
    expect(messages[0]).not.toHaveProperty('data');
    expect(await get(`/messages/${encodeURIComponent(messages[0].messageId)}`)).toMatchObject({ data: { id: 'o-2' } });
  });

  it('name each subscriber of a topic, and take the name wherever a queue is meant', async () => {
    const { items } = await get('/queues', { filter: 'orders' });
    const names = items.map(({ kind, name, functionId }) => `${kind}:${name} ${functionId}`);
    expect(names).toEqual(['topic:orders shop::bill', 'topic:orders shop::ship']);
    expect(Object.keys(await topic('queues'))).toEqual(expect.arrayContaining(names));
    expect(Object.keys(await topic('queue:topic:orders shop::ship'))).toHaveLength(3);
    await post('/queues/topic%3Aorders%20shop%3A%3Abill/resume');
    let dead: Page['items'] = [];
    while (dead.length < 3) {
      await turn();
      ({ items: dead } = await get('/queues/topic%3Aorders%20shop%3A%3Abill/dlq'));
    }
    expect(dead[0]).toMatchObject({ lastFailure: { message: 'no money' } });
    expect(dead[0].lastFailure).not.toHaveProperty('stack');
    expect((await get('/queues', { filter: 'shop::ship' })).items).toMatchObject([{ isPaused: true, waiting: 3 }]);
    await expect(post('/queues/topic%3Aorders%20shop%3A%3Aship/publish', { data: 1 })).rejects.toMatchObject({ code: 'MOTIA_CONSOLE_BODY_INVALID', message: expect.stringContaining('topic:orders') });
  });

  it('have the rows that live topics have under their keys', async () => {
    for (const [path, name, keyOf] of [
      ['/functions', 'functions', (row) => row.id],
      ['/triggers', 'triggers', (row) => row.id],
      ['/workers', 'workers', (row) => row.id],
      ['/crons', 'crons', (row) => row.job_id],
      ['/state/drinks/keys', 'state:drinks', (row) => row.key],
      ['/queues/topic%3Aorders%20shop%3A%3Aship/messages', 'queue:topic:orders shop::ship', (row) => row.messageId],
      ['/traces', 'traces', (row) => row.trace_id],
    ] as readonly (readonly [string, string, (row: Page['items'][number]) => string])[]) {
      const { items } = await get(path);
      const rows = await topic(name);
      expect(items.length).toBeGreaterThan(0);
      for (const row of items) expect([name, rows[keyOf(row)]]).toEqual([name, row]);
    }
    const [item] = (await get('/streams/board/g/items')).items;
    expect(item).toEqual({ place: '0', ...((await topic('stream:board/g'))['i'] as object) });
  });

  it('of spans go branch by branch and page by page beyond 5,000', async () => {
    host.functions.register({ id: 'leaf' }, () => 1);
    host.functions.register({ id: 'many' }, async (_payload, call) => {
      for (let n = 0; n < 6_000; n += 1) await host.functions.invoke('leaf', {}, { parent: call });
    });
    const { traceId } = (await post('/functions/many/invoke', {})) as { readonly traceId: string };
    const trace = (query: object) => get(`/traces/${traceId}`, query) as unknown as Promise<{ readonly spans: readonly { readonly span_id: string; readonly depth: number; readonly child_count: number }[]; readonly next_cursor?: string; readonly span_count: number; readonly clamped?: boolean }>;
    const first = await trace({});
    const second = await trace({ cursor: first.next_cursor });
    expect([first.span_count, first.spans.length, second.spans.length, second.next_cursor]).toEqual([6_001, 5_000, 1_001, undefined]);
    expect(new Set([...first.spans, ...second.spans].map(({ span_id: id }) => id)).size).toBe(6_001);
    const root = first.spans[0]?.span_id ?? '';
    expect((await trace({ root, depth: 1 })).spans).toEqual([expect.objectContaining({ span_id: root, depth: 0, child_count: 6_000 })]);
    expect(await trace({ limit: 1_000_000, depth: 1 })).toMatchObject({ clamped: true });
  });

  it('says on the last page of traces and logs that older ones had to make room', async () => {
    await using small = await startTestHost([otel({ memory_max_spans: 16, logs_max_count: 3 }), { definition: apiModule({ list: () => [], reload: async () => undefined }) }]);
    small.functions.register({ id: 'f' }, () => 1);
    const list = (path: string, query: object = {}) => answerRequest(small.service(DataApiRef).api, { path, query }, signal) as Promise<Page & { readonly truncated?: true }>;
    await small.functions.invoke('f', {});
    small.logger.warn('first');
    for (const path of ['/traces', '/logs']) expect([path, (await list(path)).truncated]).toEqual([path, undefined]);
    for (let n = 0; n < 40; n += 1) {
      await small.functions.invoke('f', {});
      small.logger.warn(`log ${n}`);
    }
    for (const path of ['/traces', '/logs']) {
      expect([path, (await list(path)).truncated]).toEqual([path, true]);
      const first = await list(path, { limit: '1' });
      expect([path, typeof first.nextCursor, first.truncated]).toEqual([path, 'string', undefined]);
    }
  });
});
