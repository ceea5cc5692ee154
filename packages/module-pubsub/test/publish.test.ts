import { describe, expect, it } from '@jest/globals';
import { PubSubServiceRef } from '@motia/engine-core/contract';
import { connectTestWorker, startTestHost, type TestHost, type TestWorker } from '@motia/engine-core/testing';
import { pubsub } from '../src/index.js';
import { mostInFlight } from '../src/deliveries.js';

const start = (): Promise<TestHost> => startTestHost([pubsub()]);
const publish = (host: TestHost, topic: unknown, data?: unknown): Promise<unknown> => host.functions.invoke('publish', { topic, data });

/** Registers a function that listens, and collects what it gets. */
async function listen(host: TestHost, functionId: string, config: Readonly<Record<string, unknown>>) {
  const seen: unknown[] = [];
  const waiting: (() => void)[] = [];
  host.functions.register({ id: functionId }, (payload) => {
    seen.push(payload);
    for (const resolve of waiting.splice(0)) resolve();
  });
  const registration = await host.triggers.register({ type: 'subscribe', functionId, config });
  return {
    seen,
    dispose: () => registration.dispose(),
    async got(count: number): Promise<readonly unknown[]> {
      while (seen.length < count) await new Promise<void>((resolve) => waiting.push(resolve));
      return seen;
    },
  };
}

describe('publish', () => {
  it('answers null at once, and the message reaches every function that is subscribed', async () => {
    await using host = await start();
    const [mail, audit, other] = [await listen(host, 'mail', { topic: 'orders' }), await listen(host, 'audit', { topic: 'orders' }), await listen(host, 'other', { topic: 'order' })];
    expect(await publish(host, 'orders', { id: 1, lines: ['tea'] })).toBeNull();
    expect(await mail.got(1)).toEqual([{ id: 1, lines: ['tea'] }]);
    expect(await audit.got(1)).toEqual([{ id: 1, lines: ['tea'] }]);
    expect(other.seen).toEqual([]);
  });

  it('does not wait for subscribers', async () => {
    await using host = await start();
    let finish = (): void => undefined;
    host.functions.register({ id: 'slow' }, () => new Promise<void>((resolve) => (finish = resolve)));
    await host.triggers.register({ type: 'subscribe', functionId: 'slow', config: { topic: 't' } });
    expect(await publish(host, 't', 1)).toBeNull();
    finish();
  });

  it('gives each subscriber data of its own', async () => {
    await using host = await start();
    const seen: unknown[] = [];
    for (const id of ['a', 'b']) {
      host.functions.register({ id }, (payload) => {
        seen.push(JSON.stringify(payload));
        (payload as { list: unknown[] }).list.push(id);
      });
      await host.triggers.register({ type: 'subscribe', functionId: id, config: { topic: 't' } });
    }
    const data = { list: [] };
    await publish(host, 't', data);
    expect(seen).toEqual(['{"list":[]}', '{"list":[]}']);
    expect(data).toEqual({ list: [] });
  });

  it('nobody listening is no error, and nothing is kept for later', async () => {
    await using host = await start();
    expect(await publish(host, 'empty', 1)).toBeNull();
    const late = await listen(host, 'late', { topic: 'empty' });
    await publish(host, 'empty', 2);
    expect(await late.got(1)).toEqual([2]);
  });

  it('a message without data is null', async () => {
    await using host = await start();
    const all = await listen(host, 'all', { topic: 't' });
    await publish(host, 't');
    expect(await all.got(1)).toEqual([null]);
  });

  it.each([
    ['an empty one', '', 'MOTIA_PUBSUB_TOPIC_NOT_SET', { legacyCode: 'topic_not_set' }],
    ['none', undefined, 'MOTIA_PUBSUB_TOPIC_NOT_SET', { legacyCode: 'topic_not_set' }],
    ['null', null, 'MOTIA_PUBSUB_TOPIC_NOT_SET', { legacyCode: 'topic_not_set' }],
    ['a number', 7, 'MOTIA_PUBSUB_INVALID_TOPIC', { problem: 'it is a number, not text' }],
    ['a list', ['a'], 'MOTIA_PUBSUB_INVALID_TOPIC', { problem: 'it is a list, not text' }],
    ['a long one', 'x'.repeat(257), 'MOTIA_PUBSUB_INVALID_TOPIC', { problem: 'it has 257 characters' }],
    ['a line break', 'a\nb', 'MOTIA_PUBSUB_INVALID_TOPIC', { problem: 'it holds control characters' }],
  ])('refuses as a topic: %s', async (_, topic, code, details) => {
    await using host = await start();
    await expect(publish(host, topic, 1)).rejects.toMatchObject({ code, details, status: 400 });
  });

  it('refuses a payload that is no object, and data that is no JSON', async () => {
    await using host = await start();
    await expect(host.functions.invoke('publish', 'orders')).rejects.toMatchObject({ code: 'MOTIA_PUBSUB_TOPIC_NOT_SET' });
    const cycle: { self?: unknown } = {};
    cycle.self = cycle;
    await expect(publish(host, 't', cycle)).rejects.toMatchObject({ code: 'MOTIA_PUBSUB_NOT_SERIALIZABLE', status: 400 });
    await expect(publish(host, 't', 1n)).rejects.toMatchObject({ code: 'MOTIA_PUBSUB_NOT_SERIALIZABLE' });
  });

  it('is a service for other modules, which is closed with the engine', async () => {
    const host = await start();
    const service = host.service(PubSubServiceRef);
    const all = await listen(host, 'all', { topic: 't' });
    await service.publish('t', [1]);
    expect(await all.got(1)).toEqual([[1]]);
    await host.stop();
    await expect(service.publish('t', 2)).rejects.toMatchObject({ code: 'MOTIA_PUBSUB_STOPPED' });
  });

  it('O2 carries the trace of the caller to the subscriber', async () => {
    await using host = await start();
    const traces: string[] = [];
    host.functions.register({ id: 'l' }, (_payload, { trace }) => void traces.push(trace.traceparent.slice(3, 35)));
    await host.triggers.register({ type: 'subscribe', functionId: 'l', config: { topic: 't' } });
    const traceId = '0af7651916cd43dd8448eb211c80319c';
    await host.functions.invoke('publish', { topic: 't' }, { trace: { traceparent: `00-${traceId}-b7ad6b7169203331-01` } });
    expect(traces).toEqual([traceId]);
  });
});

describe('subscribe', () => {
  const replica = (host: TestHost, name: string): Promise<TestWorker> =>
    connectTestWorker(host, { owner: name, functions: { 'app::on-order': () => undefined }, triggers: [{ type: 'subscribe', functionId: 'app::on-order', config: { topic: 'orders' } }] });
  const settled = async (host: TestHost, workers: readonly TestWorker[], count: number): Promise<void> => {
    // A call of the same workers afterwards comes back after everything that was sent before.
    while (workers.reduce((sum, worker) => sum + worker.calls.length, 0) < count) await new Promise<void>((resolve) => setImmediate(resolve));
    expect(host.state).toBe('ready');
  };

  it('three replicas of one function get each message once between them', async () => {
    await using host = await start();
    const workers = [await replica(host, 'a'), await replica(host, 'b'), await replica(host, 'c')];
    for (let n = 0; n < 30; n += 1) await publish(host, 'orders', n);
    await settled(host, workers, 30);
    const seen = workers.flatMap(({ calls }) => calls.map(({ payload }) => payload as number));
    expect(seen.sort((x, y) => x - y)).toEqual(Array.from({ length: 30 }, (_, n) => n));
    for (const worker of workers) await worker[Symbol.asyncDispose]();
  });

  it('gap 24: one subscriber that leaves takes no other with it', async () => {
    await using host = await start();
    const [first, second] = [await listen(host, 'first', { topic: 't' }), await listen(host, 'second', { topic: 't' })];
    const worker = await connectTestWorker(host, { functions: { 'app::third': () => undefined }, triggers: [{ type: 'subscribe', functionId: 'app::third', config: { topic: 't' } }] });
    first.dispose();
    await worker[Symbol.asyncDispose]();
    // The registry unbinds in its own time; only then is "not any more" true.
    while (host.triggers.list().filter(({ type }) => type === 'subscribe').length > 1) await new Promise<void>((resolve) => setImmediate(resolve));
    await publish(host, 't', 'still here');
    expect(await second.got(1)).toEqual(['still here']);
    expect(first.seen).toEqual([]);
  });

  it('one replica that leaves does not end the subscription of the others', async () => {
    await using host = await start();
    const leaving = await replica(host, 'a');
    const staying = await replica(host, 'b');
    await leaving[Symbol.asyncDispose]();
    await publish(host, 'orders', 'x');
    await settled(host, [staying], 1);
    expect(staying.calls.map(({ payload }) => payload)).toEqual(['x']);
    await staying[Symbol.asyncDispose]();
  });

  it('a condition sees the message first, and only a literal false blocks it', async () => {
    await using host = await start();
    const asked: unknown[] = [];
    host.functions.register({ id: 'is-large' }, (payload) => {
      asked.push(payload);
      return (payload as number) > 10;
    });
    host.functions.register({ id: 'shrug' }, () => null);
    const [large, any] = [await listen(host, 'large', { topic: 't', condition_function_id: 'is-large' }), await listen(host, 'any', { topic: 't', condition_function_id: 'shrug' })];
    for (const value of [1, 11]) await publish(host, 't', value);
    expect(await any.got(2)).toEqual([1, 11]);
    expect(await large.got(1)).toEqual([11]);
    expect(asked).toEqual([1, 11]);
  });

  it('a subscriber that fails is said once in the log, tried once, and hurts nobody', async () => {
    await using host = await start();
    let calls = 0;
    host.functions.register({ id: 'broken' }, () => {
      calls += 1;
      throw new Error('on purpose');
    });
    await host.triggers.register({ type: 'subscribe', functionId: 'broken', config: { topic: 't' } });
    const other = await listen(host, 'other', { topic: 't' });
    await publish(host, 't', 1);
    await other.got(1);
    expect(calls).toBe(1);
    expect(host.logs.find('A subscriber failed; the message is not delivered again')).toMatchObject({ level: 'warn', fields: { topic: 't', functionId: 'broken', reason: expect.stringContaining('on purpose') as unknown } });
  });

  it('more runs than a subscriber may have under way are dropped and said, and others get theirs', async () => {
    await using host = await start();
    const releases: (() => void)[] = [];
    host.functions.register({ id: 'stuck' }, () => new Promise<void>((resolve) => releases.push(resolve)));
    await host.triggers.register({ type: 'subscribe', functionId: 'stuck', config: { topic: 't' } });
    const other = await listen(host, 'other', { topic: 't' });
    for (let n = 0; n < mostInFlight + 25; n += 1) await publish(host, 't', n);
    await other.got(mostInFlight + 25);
    expect(releases).toHaveLength(mostInFlight);
    expect(host.logs.records.filter(({ message }) => message === 'A subscriber is too slow: messages to it are dropped')).toHaveLength(1);
    for (const release of releases) release();
  });

  it.each([
    [{}, '/topic'],
    [{ topic: '' }, '/topic'],
    [{ topic: 't', topics: ['u'] }, 'topics'],
    [{ topic: 'a\u0000b' }, 'control characters'],
  ])('refuses the config %j', async (config, problem) => {
    await using host = await start();
    const failure = await host.triggers.register({ type: 'subscribe', functionId: 'f', config }).catch((error: unknown) => error as Error & { code: string });
    expect(failure).toMatchObject({ code: 'MOTIA_ENGINE_TRIGGER_CONFIG_INVALID' });
    expect((failure as Error).message).toContain(problem.replace('/', ''));
  });
});

describe('a stop', () => {
  it('G1 waits for what was delivered, and not longer than it may', async () => {
    const host = await start();
    let ended = false;
    let finish = (): void => undefined;
    host.functions.register({ id: 'slow' }, async () => {
      await new Promise<void>((resolve) => (finish = resolve));
      ended = true;
    });
    await host.triggers.register({ type: 'subscribe', functionId: 'slow', config: { topic: 't' } });
    await publish(host, 't', 1);
    const stopped = host.stop();
    finish();
    await stopped;
    expect(ended).toBe(true);
  });
});
