import { describe, expect, it, jest } from '@jest/globals';
import { z } from 'zod';
import { cron, defineStream, http, NonRetryable, queue, RetryAfter, state, step, stream, subscribe, type AuthenticateStream, type StateTriggerInput, type StreamConfig, type StreamTriggerInput } from '../../src/index.js';
import { createTestApp } from '../../src/testing/index.js';

// Days of virtual time are work, not waiting: on a busy machine they take as long as they take.
jest.setTimeout(180_000);

const start = new Date('2026-03-01T00:00:00Z');
const order = z.object({ id: z.string(), amount: z.number().int() });
const todos = defineStream({ name: 'todo', schema: z.object({ title: z.string(), isDone: z.boolean() }) });

const take = step({ name: 'Take', triggers: [http('POST', '/orders', { bodySchema: order })], enqueues: ['order.created'] }, async (req, ctx) => {
  const { messageReceiptId } = await ctx.enqueue({ topic: 'order.created', data: req.body });
  return { status: 202, body: { receipt: messageReceiptId } };
});

/** A socket.io client that polls: it needs nothing but fetch. */
async function pollingClient(streamUrl: string, token: string): Promise<{ send(packet: string): Promise<unknown>; next(): Promise<string> }> {
  const url = `${streamUrl.replace('ws:', 'http:')}/socket.io/?EIO=4&transport=polling&token=${token}`;
  const { sid } = JSON.parse((await (await fetch(url)).text()).slice(1)) as { readonly sid: string };
  const send = (packet: string): Promise<unknown> => fetch(`${url}&sid=${sid}`, { method: 'POST', body: packet });
  const packets: string[] = [];
  await send('40');
  return {
    send,
    async next() {
      while (packets.length === 0) packets.push(...(await (await fetch(`${url}&sid=${sid}`)).text()).split('\u001e'));
      return packets.shift() ?? '';
    },
  };
}

describe('queues in a test app', () => {
  const seen: { attempt: number; at: number; key: string }[] = [];
  const ship = (fail: (attempt: number) => unknown): object =>
    step({ name: 'Ship', triggers: [queue('order.created', { input: order, config: { maxRetries: 2, backoffType: 'fixed', backoffDelayMs: 60_000 } })] }, async (message, ctx) => {
      seen.push({ attempt: ctx.attempt, at: 0, key: ctx.idempotencyKey });
      await fail(ctx.attempt);
      await ctx.state.set('shipped', message.id, message.amount);
    });

  it('Q7 retries follow the clock, and the message that is given up is a dead letter that can be redriven', async () => {
    seen.length = 0;
    let isBroken = true;
    const step2 = ship(() => {
      if (isBroken) throw new Error('no truck');
    });
    await using app = await createTestApp({ steps: [take, step2], clock: start });
    expect((await app.http.post('/orders', { body: { id: 'o1', amount: 3 } })).status).toBe(202);
    await app.clock.settle();
    expect(seen.map(({ attempt }) => attempt)).toEqual([1]);
    expect((await app.queue.list()).find(({ name }) => name === 'order.created')).toMatchObject({ delayed: 1, dead: 0 });
    await app.clock.advance('59s');
    expect(seen).toHaveLength(1);
    await app.clock.advance('2m');
    expect(seen.map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
    expect(new Set(seen.map(({ key }) => key)).size).toBe(1);
    const [dead] = await app.queue.deadLetters<{ id: string }>({ topic: 'order.created' });
    expect(dead).toMatchObject({ data: { id: 'o1', amount: 3 }, attempts: 3, lastFailure: { code: 'MOTIA_SDK_HANDLER_FAILED', message: 'no truck' } });
    expect(await app.queue.explain(dead?.messageId ?? '')).toContain('given up');
    isBroken = false;
    expect(await app.queue.redrive({ messageId: dead?.messageId ?? '', data: { id: 'o1', amount: 4 } })).toMatchObject({ moved: 1 });
    await app.clock.settle();
    expect(await app.state.get('shipped', 'o1')).toBe(4);
    expect(await app.queue.deadLetters()).toEqual([]);
  });

  it('Q7 NonRetryable is dead at once, RetryAfter comes when it says', async () => {
    seen.length = 0;
    const step2 = ship((attempt) => {
      if (attempt === 1) throw new RetryAfter(600_000);
      throw new NonRetryable('no such customer', { details: { customer: 7 } });
    });
    await using app = await createTestApp({ steps: [step2], clock: start });
    await app.queue.enqueue({ topic: 'order.created', data: { id: 'o1', amount: 1 } });
    await app.clock.advance('9m');
    expect(seen).toHaveLength(1);
    await app.clock.advance('1m');
    expect(seen).toHaveLength(2);
    expect(await app.queue.deadLetters()).toMatchObject([{ attempts: 2, lastFailure: { code: 'MOTIA_SDK_NON_RETRYABLE', message: 'no such customer' } }]);
  });

  it('Q12 a message that breaks the schema of its subscriber is dead at once, with JSON pointers', async () => {
    await using app = await createTestApp({ steps: [ship(() => undefined)], clock: start });
    await app.queue.enqueue({ topic: 'order.created', data: { id: 'o1', amount: 1.5 } });
    await app.clock.settle();
    expect(await app.queue.deadLetters()).toMatchObject([{ data: { id: 'o1', amount: 1.5 }, attempts: 1, lastFailure: { code: 'MOTIA_SDK_INPUT_INVALID', message: expect.stringContaining('/amount') as unknown } }]);
  });

  it('Q3 ctx.extend keeps a message that would be given to somebody else, and batches, delays, moments and dedup are the queue\'s', async () => {
    const done: unknown[] = [];
    const slow = step({ name: 'Slow', triggers: [queue('jobs')] }, async (message: unknown, ctx) => {
      await ctx.extend(60_000);
      done.push(message);
    });
    await using app = await createTestApp({ steps: [slow], clock: start });
    await app.invoke('enqueue', [{ topic: 'jobs', data: 'a' }, { topic: 'jobs', data: 'b' }]);
    await app.queue.enqueue({ topic: 'jobs', data: 'later', delaySeconds: 600 });
    await app.queue.enqueue({ topic: 'jobs', data: 'on time', runAt: '2026-03-01T00:20:00Z' });
    const receipt = await app.queue.enqueue({ topic: 'jobs', data: 'once', dedupId: 'd' });
    expect(await app.queue.enqueue({ topic: 'jobs', data: 'once', dedupId: 'd' })).toEqual({ ...receipt, deduplicated: true });
    await app.clock.settle();
    expect(done).toEqual(['a', 'b', 'once']);
    await app.clock.advance('10m');
    expect(done).toEqual(['a', 'b', 'once', 'later']);
    await app.clock.advance('10m');
    expect(done).toEqual(['a', 'b', 'once', 'later', 'on time']);
    await expect(app.invoke('queue::extend', { idempotencyKey: 'gone', ms: 5 })).rejects.toMatchObject({ code: 'MOTIA_QUEUE_LEASE_LOST' });
  });
});

describe('time in a test app', () => {
  it('C1 drives schedules, their messages, delays and lifetimes together over three days', async () => {
    const days: string[] = [];
    const reports: unknown[] = [];
    const nightly = step({ name: 'Nightly', triggers: [cron('0 0 2 * * * *', { timezone: 'Europe/Vienna' })], enqueues: ['report'] }, async (slot, ctx) => {
      days.push(slot.scheduledTime);
      await ctx.state.set('cache', 'today', slot.scheduledTime, { ttlMs: 3_600_000 });
      await ctx.enqueue({ topic: 'report', data: slot.scheduledTime, delaySeconds: 1800 });
    });
    const report = step({ name: 'Report', triggers: [queue('report')] }, async (_message, ctx) => {
      reports.push(await ctx.state.get('cache', 'today'));
    });
    const once = step({ name: 'Once', triggers: [cron({ at: '2026-03-02T12:00:00+01:00' })] }, async (slot) => {
      days.push(`once ${slot.scheduledTime}`);
    });
    await using app = await createTestApp({ steps: [nightly, report, once], clock: start });
    expect(app.report.parked).toEqual([]);
    await app.clock.advance('3d');
    expect(days).toEqual(['2026-03-01T01:00:00Z', '2026-03-02T01:00:00Z', 'once 2026-03-02T11:00:00Z', '2026-03-03T01:00:00Z']);
    expect(reports).toEqual(['2026-03-01T01:00:00Z', '2026-03-02T01:00:00Z', '2026-03-03T01:00:00Z']);
    expect(await app.state.get('cache', 'today')).toBeNull();
    expect((await app.cron.list()).map(({ function_id: id }) => id)).toContain('steps::Nightly::trigger::cron(0 0 2 * * * *)');
    // Traces are kept on the same clock: each slot is one, with the message that it sent.
    const { spans } = await app.invoke<{ spans: { name: string; start_time_unix_nano: number; span_count: number }[] }>('engine::traces::list', { sort_order: 'asc', search: 'Nightly', search_all_spans: true });
    expect(spans.map(({ start_time_unix_nano: at }) => new Date(at / 1e6).toISOString().slice(0, 16))).toEqual(['2026-03-01T01:00', '2026-03-02T01:00', '2026-03-03T01:00']);
    for (const { span_count: count } of spans) expect(count).toBeGreaterThan(3);
    await app.cron.runNow('Nightly');
    await app.clock.settle();
    expect(days).toHaveLength(5);
  });

  it('goes on past work that hangs, and past faults', async () => {
    const ticks: number[] = [];
    const tick = step({ name: 'Tick', triggers: [cron('0 * * * * * *', { overlap: 'allow' })] }, async (_slot, ctx) => {
      ticks.push(ctx.attempt);
      if (ticks.length === 1) await new Promise((resolve) => ctx.signal.addEventListener('abort', resolve));
    });
    await using app = await createTestApp({ steps: [tick], clock: start });
    await app.clock.advance('3m');
    expect(ticks.length).toBe(3);
    app.faults.hangWorker();
    await app.clock.advance('1m');
    app.faults.resumeWorker();
    await app.clock.settle();
    expect(ticks.length).toBe(4);
  });
});

describe('state, streams and messages in a test app', () => {
  it('S3 S6 versions, history and triggers are the real ones', async () => {
    const changes: StateTriggerInput<{ n: number }>[] = [];
    const watch = step({ name: 'Watch', triggers: [state<{ n: number }>({ scope: 'orders' })] }, (change) => void changes.push(change));
    const count = step({ name: 'Count', triggers: [http('POST', '/count')] }, async (_req, ctx) => {
      const { version } = await ctx.state.set('orders', 'a', { n: 1 }, { ifVersion: 0 });
      await ctx.state.update('orders', 'a', [{ type: 'increment', path: 'n', by: 2 }], { ifVersion: version });
      const conflict: unknown = await ctx.state.set('orders', 'a', { n: 9 }, { ifVersion: 1 }).catch((error: unknown) => error);
      await ctx.state.set('orders', 'nothing', null);
      return { status: 200, body: { conflict, entry: await ctx.state.getEntry('orders', 'a'), nothing: await ctx.state.getEntry('orders', 'nothing'), missing: (await ctx.state.getEntry('orders', 'none')) ?? 'missing', page: await ctx.state.listEntries('orders', { prefix: 'a' }), groups: await ctx.state.listGroups(), history: await ctx.state.history('orders', 'a') } };
    });
    await using app = await createTestApp({ steps: [watch, count], clock: start });
    const { body } = await app.http.post<Record<string, unknown>>('/count');
    expect(body).toMatchObject({
      conflict: { code: 'MOTIA_STATE_VERSION_CONFLICT' },
      entry: { key: 'a', value: { n: 3 }, version: 2, updatedAtMs: start.getTime() },
      nothing: { value: null, version: 1 },
      missing: 'missing',
      page: { items: [{ key: 'a', value: { n: 3 } }] },
      groups: ['orders'],
      history: { entries: [{ operation: 'update', version: 2, before: { n: 1 }, after: { n: 3 }, functionId: 'steps::Count::trigger::http(POST /count)' }, { operation: 'set', version: 1, after: { n: 1 } }], isTruncated: false },
    });
    await app.clock.settle();
    expect(changes.map(({ key, eventType, newValue, oldValue }) => [key, eventType, newValue, oldValue ?? null])).toEqual([['a', 'state:created', { n: 1 }, null], ['a', 'state:updated', { n: 3 }, { n: 1 }], ['nothing', 'state:created', null, null]]);
    await app.state.clear('orders');
    expect(await app.state.list('orders')).toEqual([]);
  });

  it('streams are stored, checked and watched', async () => {
    const frames: StreamTriggerInput<unknown>[] = [];
    const watch = step({ name: 'Watch', triggers: [stream(todos, { groupId: 'mine' })] }, (frame) => void frames.push(frame));
    const add = step({ name: 'Add', triggers: [http('POST', '/todos/:id')] }, async (req, ctx) => {
      await todos.set('mine', req.pathParams.id, { title: 'buy tea', isDone: false });
      await ctx.streams['todo']?.update('mine', req.pathParams.id, [{ type: 'set', path: 'isDone', value: true }]);
    });
    await using app = await createTestApp({ steps: [watch, add], streams: [todos], clock: start });
    expect((await app.http.post('/todos/1')).status).toBe(204);
    await app.clock.settle();
    expect(await app.stream(todos).get('mine', '1')).toEqual({ title: 'buy tea', isDone: true });
    expect(await app.stream('todo').listGroups()).toEqual(['mine']);
    expect(frames.map(({ event, id }) => [id, event.type])).toEqual([['1', 'create'], ['1', 'update']]);
    expect(app.streamUrl).toMatch(/^ws:\/\/127\.0\.0\.1:\d+$/);
  });

  it('T5 who may follow is asked of authenticateStream and onJoin, and onLeave is told, with what the first one said', async () => {
    interface User { readonly name: string }
    const authenticateStream: AuthenticateStream<User> = ({ queryParams: { token } }) => (token?.[0] === 'secret' ? { context: { name: 'ada' } } : undefined);
    const config: StreamConfig<User> = {
      name: 'rooms', schema: { type: 'object' },
      onJoin: ({ groupId }, ctx, user) => {
        ctx.logger.info('joins', { groupId, user });
        return { unauthorized: groupId !== user?.name };
      },
      onLeave: async ({ groupId, id }, ctx, user) => ctx.logger.info('has left', { groupId, id, user }),
    };
    await using app = await createTestApp({ steps: [], streams: [defineStream(config)], motiaConfig: { authenticateStream } });
    await app.stream('rooms').set('ada', 'r1', { n: 1 });
    expect(await (await pollingClient(app.streamUrl, 'wrong')).next()).toMatch(/^44.*MOTIA_STREAM_UNAUTHORIZED/);
    const client = await pollingClient(app.streamUrl, 'secret');
    expect(await client.next()).toMatch(/^40/);
    await client.send('42["join",{"subscriptionId":"1","streamName":"rooms","groupId":"bob"}]');
    expect(await client.next()).toContain('MOTIA_STREAM_JOIN_REFUSED');
    await client.send('42["join",{"subscriptionId":"2","streamName":"rooms","groupId":"ada"}]');
    expect(await client.next()).toContain('"event":{"type":"sync","data":[{"n":1}],"ids":["r1"]}');
    await client.send('42["leave",{"subscriptionId":"2"}]');
    expect((await app.waitForLog('has left')).fields).toEqual({ groupId: 'ada', user: { name: 'ada' } });
    expect(app.logs.filter(({ message }) => message === 'joins').map(({ fields }) => fields)).toEqual([{ groupId: 'bob', user: { name: 'ada' } }, { groupId: 'ada', user: { name: 'ada' } }]);
    await client.send('1');
  });

  it('Q13 a transaction commits state, streams and messages together, or nothing of it', async () => {
    const messages: unknown[] = [];
    const listen = step({ name: 'Listen', triggers: [queue('order.created')] }, (message: unknown) => void messages.push(message));
    const place = step({ name: 'Place', triggers: [http('POST', '/orders')], enqueues: ['order.created'] }, async (req, ctx) => {
      const { id } = req.body as { id: string };
      const [written, receipt, item] = await ctx.transaction((tx) => [
        tx.state.set('orders', id, { id }, { ifVersion: 0 }),
        tx.enqueue({ topic: 'order.created', data: { id } }),
        tx.stream(todos).set('orders', id, { title: `ship ${id}`, isDone: false }),
      ] as const);
      return { status: 201, body: { version: written.version, receipt: receipt.messageReceiptId, title: item.newValue.title } };
    });
    await using app = await createTestApp({ steps: [listen, place], streams: [todos], clock: start });
    const first = await app.http.post<{ receipt: string }>('/orders', { body: { id: 'a' } });
    expect(first).toMatchObject({ status: 201, body: { version: 1, title: 'ship a', receipt: expect.any(String) as unknown } });
    const second = await app.http.post<{ error: { code: string; message: string } }>('/orders', { body: { id: 'a' } });
    expect(second).toMatchObject({ status: 500, body: { error: { code: 'MOTIA_STATE_VERSION_CONFLICT', message: expect.stringContaining('operation 1 of 3 (state::set orders/a)') as unknown } } });
    await app.clock.settle();
    expect(messages).toEqual([{ id: 'a' }]);
    expect(await app.state.getEntry('orders', 'a')).toMatchObject({ version: 1 });
  });

  it('what is published reaches whoever subscribes', async () => {
    const prices: unknown[] = [];
    const watch = step({ name: 'Watch', triggers: [subscribe('prices', { input: z.object({ eur: z.number() }) }, ({ eur }) => eur > 1)] }, (message) => void prices.push(message));
    await using app = await createTestApp({ steps: [watch], clock: start });
    for (const eur of [1, 2]) await app.publish('prices', { eur });
    await app.publish('prices', { eur: 'three' });
    await app.clock.settle();
    expect(prices).toEqual([{ eur: 2 }]);
  });

  it('a request can be answered before its Step runs, and one that repeats its key is run once', async () => {
    let runs = 0;
    const later = step({ name: 'Later', triggers: [http('POST', '/reports', { respond: 'accepted' })] }, () => ({ status: 200, body: { runs: (runs += 1) } }));
    const keyed = step({ name: 'Keyed', triggers: [http('POST', '/payments', { idempotency: { required: true } })] }, () => ({ status: 201, body: { runs: (runs += 1) } }));
    await using app = await createTestApp({ steps: [later, keyed], clock: start });
    const accepted = await app.http.post('/reports', { body: {} });
    expect(accepted.status).toBe(202);
    await app.clock.settle();
    const status = await app.http.get(new URL(accepted.headers.get('location') ?? '', app.url).pathname);
    expect([runs, status.status]).toEqual([1, 200]);
    const pay = (): Promise<{ status: number; body: unknown }> => app.http.post('/payments', { body: {}, headers: { 'idempotency-key': 'k1' } });
    expect([(await pay()).body, (await pay()).body, runs]).toEqual([{ runs: 2 }, { runs: 2 }, 2]);
    expect((await app.http.post('/payments', { body: {} })).status).toBe(400);
  });
});

describe('a test app', () => {
  it('takes free ports for everything, also those of a config.yaml, and does not run its commands', async () => {
    const hello = step({ name: 'Hello', triggers: [http('GET', '/hello')] }, () => ({ status: 200, body: 'hi' }));
    const config = { modules: [{ class: 'modules::api::RestApiModule', config: { port: 3111 } }, { class: 'modules::stream::StreamModule', config: { port: 3112 } }, { class: 'modules::shell::ExecModule', config: { exec: ['exit 1'] } }] };
    await using one = await createTestApp({ steps: [hello], config });
    await using two = await createTestApp({ steps: [hello], config });
    expect((await one.http.get('/hello')).body).toBe('hi');
    expect((await two.http.get('/hello')).body).toBe('hi');
    expect(one.streamUrl).not.toBe(two.streamUrl);
  });

  it('puts stand-ins in the place of a default module', async () => {
    const reader = step({ name: 'Reader', triggers: [http('GET', '/read')] }, async (_req, ctx) => ({ status: 200, body: await ctx.state.get('a', 'b') }));
    await using app = await createTestApp({ steps: [reader], functions: { 'state::get': () => 'a stand-in' } });
    expect((await app.http.get('/read')).body).toBe('a stand-in');
  });
});
