import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { WebSocket } from 'ws';
import { consoleModule } from '@motia/console';
import { ConsoleServiceRef, StreamServiceRef } from '@motia/engine-core/contract';
import { startTestHost, type TestHost } from '@motia/engine-core/testing';
import { otel } from '@motia/module-otel';
import { queue } from '@motia/module-queue';
import { state } from '@motia/module-state';
import { stream } from '@motia/module-stream';
import { temporaryFolder } from '@motia/tools/testing';

const token = 'a-token-of-the-module-telemetry-test';

interface Attempt {
  readonly traceId?: string;
}
interface Message {
  readonly state: string;
  readonly attempts: number;
  readonly failures: readonly Attempt[];
}
interface Series {
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly value?: number;
  readonly count?: number;
}

describe('what modules tell of themselves', () => {
  const folder = temporaryFolder('module-telemetry');
  let host: TestHost;
  let origin: string;
  const get = async <T>(path: string): Promise<T> => (await (await fetch(`${origin}/api/v1${path}`, { headers: { authorization: `Bearer ${token}` } })).json()) as T;
  const series = async (name: string): Promise<readonly Series[]> => (await get<{ metrics: readonly { data_points: readonly Series[] }[] }>(`/metrics?name=${name}`)).metrics.flatMap(({ data_points: points }) => points);
  const prometheus = async (): Promise<string> => (await fetch(`${origin}/metrics`, { headers: { authorization: `Bearer ${token}` } })).text();

  beforeAll(async () => {
    const config = { store_method: 'file_based', file_path: folder.path };
    host = await startTestHost([
      otel(), queue({ adapter: { class: 'modules::queue::BuiltinQueueAdapter', config } }), state({ adapter: { class: 'modules::state::adapters::KvStore', config } }),
      stream({ port: 0, adapter: { class: 'modules::stream::adapters::KvStore', config: { store_method: 'in_memory' } } }), consoleModule({ port: 0, token }),
    ]);
    origin = `http://127.0.0.1:${host.service(ConsoleServiceRef).address()?.port ?? 0}`;
  });
  afterAll(async () => {
    await host.stop({ drainTimeoutMs: 200 });
    await folder.remove();
  });

  it('counts leases while messages are worked on, and the time of commits', async () => {
    let finish = (): void => undefined;
    const begun = new Promise<void>((resolve) => {
      host.functions.register({ id: 'work' }, () => {
        resolve();
        return new Promise<void>((done) => (finish = done));
      });
    });
    await host.triggers.register({ type: 'queue', functionId: 'work', config: { topic: 'works' } });
    await host.functions.invoke('enqueue', { topic: 'works', data: 1 });
    await begun;
    expect((await series('iii.queue.leases')).reduce((sum, { value = 0 }) => sum + value, 0)).toBe(1);
    finish();
    while ((await series('iii.queue.leases')).some(({ value = 0 }) => value > 0));
    const commits = async (): Promise<number> => (await series('iii.store.commit.duration')).reduce((sum, { count = 0 }) => sum + count, 0);
    const before = await commits();
    await host.functions.invoke('state::set', { scope: 'a', key: 'b', value: 1 });
    expect(await commits()).toBeGreaterThan(before);
    expect(await prometheus()).toMatch(/^iii_store_commit_duration\w*_count(\{.*\})? [1-9]/m);
  });

  it('counts subscribers of streams', async () => {
    const socket = new WebSocket(`ws://127.0.0.1:${host.service(StreamServiceRef).address()?.port ?? 0}/`);
    await once(socket, 'open');
    socket.send(JSON.stringify({ type: 'join', data: { subscriptionId: '1', streamName: 'board', groupId: 'g' } }));
    await once(socket, 'message');
    const subscribers = async (): Promise<number> => (await series('iii.stream.subscriptions')).reduce((sum, { value = 0 }) => sum + value, 0);
    expect(await subscribers()).toBe(1);
    socket.close();
    await once(socket, 'close');
    while ((await subscribers()) > 0);
    expect(await prometheus()).toMatch(/^iii_stream_subscriptions(\{.*\})? 0$/m);
  });

  it('O2 gives the attempts of a message with the trace of each', async () => {
    host.functions.register({ id: 'fails' }, () => {
      throw new Error('the carrier is on strike');
    });
    await host.triggers.register({ type: 'queue', functionId: 'fails', config: { topic: 'parcels', queue_config: { maxRetries: 1, backoffType: 'fixed', backoffDelayMs: 1 } } });
    await host.functions.invoke('enqueue', { topic: 'parcels', data: { n: 1 } });
    let dead: readonly { readonly messageId: string }[] = [];
    while (dead.length === 0) dead = (await get<{ items: typeof dead }>('/queues/topic%3Aparcels/dlq')).items;
    const message = await get<Message>(`/messages/${encodeURIComponent(dead[0]?.messageId ?? '')}`);
    expect(message).toMatchObject({ state: 'dead', attempts: 2, failures: [{ traceId: expect.stringMatching(/^[0-9a-f]{32}$/) }, { traceId: message.failures[0]?.traceId }] });
    const { spans } = await get<{ spans: readonly { name: string; status: string }[] }>(`/traces/${message.failures[0]?.traceId ?? ''}`);
    expect(spans.filter(({ name }) => name === 'process parcels').map(({ status }) => status)).toEqual(['error', 'error']);
  });
});
