import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { answerRequest } from '@motia/console';
import { answers } from '@motia/console/contract';
import type { ProcessService } from '@motia/engine-core/contract';
import { connectTestWorker, startTestHost, type TestHost, type TestWorker } from '@motia/engine-core/testing';
import { cron } from '@motia/module-cron';
import { otel } from '@motia/module-otel';
import { queue } from '@motia/module-queue';
import { rest } from '@motia/module-rest';
import { state } from '@motia/module-state';
import { stream } from '@motia/module-stream';
import { apiModule, DataApiRef } from './harness/data-api-module.js';

const config = { store_method: 'in_memory' };
/** Lets what is under way go on: asking again and again would not. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('the contract of the data API', () => {
  let host: TestHost;
  let worker: TestWorker;
  const asked = new Set<string>();
  /** Names of the paths that are asked for; an answer that is not as the contract says is an error. */
  const ask = async <T = Record<string, unknown>>(name: string, params: Readonly<Record<string, string>> = {}, { query = {}, body }: { readonly query?: object; readonly body?: unknown } = {}): Promise<T> => {
    asked.add(name);
    const [method = '', path = ''] = name.split(' ');
    const { api } = host.service(DataApiRef);
    const filled = path.replaceAll(/:(\w+)/g, (_, key: string) => encodeURIComponent(params[key] ?? ''));
    return (await answerRequest(api, { method, path: filled, query, body }, new AbortController().signal)) as T;
  };

  beforeAll(async () => {
    const processes: ProcessService = {
      list: () => [{ owner: 'app', command: 'motia dev', state: 'ready', pid: 7, restarts: 1, startedAt: 5, lastError: 'it crashed' }],
      reload: async () => undefined,
    };
    host = await startTestHost([
      rest({ port: 0 }), stream({ listen: false, adapter: { class: 'modules::stream::adapters::KvStore', config } }), state({ adapter: { class: 'modules::state::adapters::KvStore', config } }),
      queue({ adapter: { class: 'modules::queue::BuiltinQueueAdapter', config } }), cron({ adapter: { class: 'modules::cron::KvCronAdapter', config } }),
      otel({ alerts: [{ name: 'a', metric: 'iii.invocations.error', threshold: 1_000, action: { type: 'webhook', url: 'https://hooks.example/s3cr3t' } }] }),
      { definition: apiModule(processes) },
    ]);
    host.functions.register({ id: 'engine::processes::restart' }, () => ({ restarted: ['app'] }));
    worker = await connectTestWorker(host, {
      owner: 'app', name: 'shop',
      functions: {
        'shop::show': { requestSchema: { type: 'object' }, handler: () => ({ status: 200, body: { ok: true } }) },
        'shop::charge': () => {
          throw new Error('no money');
        },
        'shop::nightly': () => undefined,
      },
      triggers: [
        { type: 'http', functionId: 'shop::show', config: { api_path: 'things/:id', http_method: 'GET' } },
        { type: 'queue', functionId: 'shop::charge', config: { topic: 'charges', queue_config: { maxRetries: 0 } } },
        { type: 'cron', functionId: 'shop::nightly', config: { expression: '0 0 * * * * *' } },
      ],
    });
  });
  afterAll(async () => {
    await worker[Symbol.asyncDispose]();
    await host.stop({ drainTimeoutMs: 200 });
  });

  it('is kept by what the engine says of itself', async () => {
    for (const path of ['GET /health', 'GET /config', 'GET /openapi.json', 'GET /functions', 'GET /triggers', 'GET /trigger-types', 'GET /workers', 'GET /processes', 'GET /summary']) await ask(path);
    const { traceId } = await ask('POST /functions/:id/invoke', { id: 'shop::show' }, { body: { payload: { body: {} } } });
    expect(traceId).toMatch(/^[0-9a-f]{32}$/);
    expect(await ask('GET /functions/:id', { id: 'shop::show' })).toMatchObject({ requestSchema: { type: 'object' }, triggers: [{ type: 'http' }] });
    const { frames } = await ask<{ frames: readonly unknown[] }>('GET /live/poll', {}, { query: { topic: 'functions' } });
    expect(frames).toHaveLength(1);
  });

  it('is kept by queues', async () => {
    const place = { queue: 'topic:charges' };
    await ask('POST /queues/:queue/publish', place, { body: { data: { n: 1 } } });
    await host.logs.next(({ message }) => message.startsWith('A message was given up'));
    let dead: readonly { readonly messageId: string }[] = [];
    while (dead.length === 0) {
      await turn();
      ({ items: dead } = await ask<{ items: typeof dead }>('GET /queues/:queue/dlq', place));
    }
    await ask('GET /queues');
    await ask('POST /queues/:queue/pause', place);
    await ask('POST /queues/:queue/publish', place, { body: { data: { n: 2 }, messageGroupId: 'g', delayMs: 60_000 } });
    const { items } = await ask<{ items: readonly { readonly messageId: string }[] }>('GET /queues/:queue/messages', place);
    expect(items).toHaveLength(1);
    for (const { messageId } of [...dead, ...items]) {
      await ask('GET /messages/:id', { id: messageId });
      await ask('GET /messages/:id/explain', { id: messageId });
    }
    await ask('POST /messages/:id/cancel', { id: items[0]?.messageId ?? '' });
    for (const body of [{ dryRun: true }, {}]) await ask('POST /queues/:queue/dlq/redrive', place, { body });
    await ask('GET /queues/:queue/dlq/redrive', place);
    await ask('POST /queues/:queue/dlq/redrive/cancel', place);
    await ask('POST /queues/:queue/resume', place);
    await ask('POST /queues/:queue/dlq/discard', place, { body: { all: true } });
  });

  it('is kept by schedules', async () => {
    const { items } = await ask<{ items: readonly { readonly job_id: string }[] }>('GET /crons');
    const place = { id: items[0]?.job_id ?? '' };
    await ask('POST /crons/:id/run', place);
    await ask('GET /crons/:id', place);
    await ask('POST /crons/:id/pause', place);
    const { result } = await ask<{ result: { slots: readonly string[] } }>('POST /crons/:id/backfill', place, { body: { from: new Date(Date.now() - 7_200_000).toISOString() } });
    expect(result.slots).toHaveLength(2);
    await ask('POST /crons/:id/resume', place);
    let runs: readonly { readonly state: string }[] = [];
    while (runs.length < 3 || runs.some(({ state: is }) => is !== 'succeeded')) {
      await turn();
      ({ items: runs } = await ask<{ items: typeof runs }>('GET /crons/:id/history', place));
    }
    await ask('GET /summary');
  });

  it('is kept by state and streams', async () => {
    const place = { group: 'shop', key: 'tea' };
    await ask('POST /state/:group/:key', place, { body: { value: { cents: 3 }, ttlMs: 60_000 } });
    await ask('POST /state/:group/:key', { group: 'shop', key: 'coffee' }, { body: { value: null } });
    await ask('GET /state/groups');
    await ask('GET /state/:group/keys', place);
    await ask('GET /state/:group/:key', place);
    const { items } = await ask<{ items: readonly { readonly seq: number }[] }>('GET /state/:group/:key/history', place);
    await ask('GET /state/:group/:key/at/:seq', { ...place, seq: String(items[0]?.seq) });
    await ask('POST /state/:group/:key/delete', place);
    expect(await ask('POST /state/:group/:key/delete', place)).toMatchObject({ result: null });
    await ask('GET /state/:group/:key/at/:seq', { ...place, seq: '100000' });
    const item = { stream: 'board', group: 'g', item: 'i' };
    await host.functions.invoke('stream::set', { stream_name: 'board', group_id: 'g', item_id: 'i', data: { n: 1 } });
    for (const path of ['GET /streams', 'GET /streams/:stream/groups', 'GET /streams/:stream/:group/items', 'GET /streams/:stream/:group/items/:item']) await ask(path, item);
    await ask('POST /streams/:stream/:group/send', item, { body: { type: 'hello', data: 1 } });
  });

  it('is kept by telemetry', async () => {
    const { traceId } = await ask<{ traceId: string }>('POST /functions/:id/invoke', { id: 'shop::show' }, { body: { payload: { body: {} } } });
    host.logger.child({ traceId }).warn('low on tea', { left: 2 });
    const { items } = await ask<{ items: readonly unknown[] }>('GET /traces');
    expect(items.length).toBeGreaterThan(3);
    const { spans } = await ask<{ spans: readonly { readonly span_id: string }[] }>('GET /traces/:id', { id: traceId });
    await ask('GET /traces/:id', { id: traceId }, { query: { view: 'tree' } });
    await ask('GET /traces/:id/spans/:span', { id: traceId, span: spans[0]?.span_id ?? '' });
    expect((await ask<{ items: readonly unknown[] }>('GET /traces/:id/logs', { id: traceId }, { query: { level: 'warn' } })).items).toHaveLength(1);
    for (const path of ['GET /logs', 'GET /metrics', 'GET /rollups', 'GET /alerts', 'GET /summary']) await ask(path);
  });

  it('is kept by what is done to processes', async () => {
    const { items } = await ask<{ items: readonly { readonly id: string }[] }>('GET /workers');
    const place = { id: items[0]?.id ?? '' };
    await ask('GET /workers/:id', place);
    await ask('POST /workers/:id/restart', place);
    await ask('POST /processes/reload');
    await ask('POST /workers/:id/drain', place);
  });

  it('has no path that was not asked for here', () => {
    expect([...asked].sort()).toEqual(Object.keys(answers).sort());
  });

  it('is looked after in development: an answer of another form is an error that says where', async () => {
    await using other = await startTestHost([{ definition: apiModule({ list: () => [{ owner: 'app' } as never], reload: async () => undefined }) }]);
    const { api } = other.service(DataApiRef);
    await expect(answerRequest(api, { path: '/processes' }, new AbortController().signal)).rejects.toMatchObject({ code: 'MOTIA_CONSOLE_ANSWER_INVALID', details: { path: 'GET /processes', problems: expect.arrayContaining([expect.objectContaining({ pointer: '/items/0/command' })]) } });
  });
});
