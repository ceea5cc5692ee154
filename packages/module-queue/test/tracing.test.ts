import { describe, expect, it } from '@jest/globals';
import { QueueServiceRef, type TraceContext } from '@motia/engine-core/contract';
import { ManualClock, startTestHost } from '@motia/engine-core/testing';
import { queue } from '../src/index.js';
import { deferred, settled } from './fixtures/open-queue.js';
import { recordingSink, type RecordedSpan } from './fixtures/recording-sink.js';

async function open() {
  const sink = recordingSink();
  const clock = new ManualClock();
  const host = await startTestHost([sink.use, queue()], { clock });
  const named = (name: string): RecordedSpan[] => sink.spans.filter((span) => span.name === name);
  return { sink, clock, host, named, [Symbol.asyncDispose]: () => host.stop({ drainTimeoutMs: 0 }) };
}

describe('a trace', () => {
  it('O2 goes from the enqueue over the wait to every attempt, whoever caused it', async () => {
    await using test = await open();
    const traces: TraceContext[] = [];
    test.host.functions.register({ id: 'take' }, (_data, { trace }) => {
      traces.push(trace);
      if (traces.length === 1) throw new Error('flaky');
    });
    await test.host.triggers.register({ type: 'queue', functionId: 'take', config: { topic: 'orders', queue_config: { backoffType: 'fixed', backoffDelayMs: 4_000 } } });
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    await test.host.functions.invoke('enqueue', { topic: 'orders', data: 1 }, { trace: { traceparent, tracestate: 'vendor=1', baggage: 'user=7' } });
    await test.clock.advance('4s');

    const [enqueue] = test.named('enqueue orders');
    expect(enqueue).toMatchObject({ kind: 'producer', traceId: '0af7651916cd43dd8448eb211c80319c', isEnded: true });
    const waits = test.named('wait orders');
    const attempts = test.named('process orders');
    expect([...waits, ...attempts].map(({ traceId, parentSpanId }) => ({ traceId, parentSpanId }))).toEqual(
      Array.from({ length: 4 }, () => ({ traceId: enqueue?.traceId, parentSpanId: enqueue?.spanId })),
    );
    expect(attempts.map(({ kind, attributes, isEnded, error }) => [kind, attributes?.['iii.queue.attempt'], isEnded, error !== undefined])).toEqual([['consumer', 1, true, true], ['consumer', 2, true, false]]);
    // The wait began when the message could run: the second time when its backoff was over.
    expect((waits[1]?.startedAtMs ?? 0) - (waits[0]?.startedAtMs ?? 0)).toBe(4_000);
    const invocations = test.named('invoke take');
    expect(invocations.map(({ parentSpanId }) => parentSpanId)).toEqual(attempts.map(({ spanId }) => spanId));
    expect(traces.map(({ tracestate, baggage }) => [tracestate, baggage])).toEqual([['vendor=1', 'user=7'], ['vendor=1', 'user=7']]);
  });

  it('begins with the enqueue when there was none, and goes on in what the handler enqueues', async () => {
    await using test = await open();
    test.host.functions.register({ id: 'first' }, (_data, call) => test.host.functions.invoke('enqueue', { topic: 'second', data: 1 }, { parent: call }));
    test.host.functions.register({ id: 'second' }, () => undefined);
    for (const topic of ['first', 'second']) await test.host.triggers.register({ type: 'queue', functionId: topic, config: { topic } });
    await test.host.service(QueueServiceRef).enqueue({ topic: 'first', data: 1 });
    await settled();
    expect(new Set(test.sink.spans.map(({ traceId }) => traceId)).size).toBe(1);
    expect(test.named('process second')).toHaveLength(1);
    expect(test.sink.spans.every(({ isEnded }) => isEnded)).toBe(true);
  });

  it('Q5 shows that a lease was lost', async () => {
    await using test = await open();
    test.host.functions.register({ id: 'take' }, () => new Promise(() => undefined));
    await test.host.triggers.register({ type: 'queue', functionId: 'take', config: { topic: 'orders' } });
    await test.host.functions.invoke('enqueue', { topic: 'orders', data: 1 });
    await settled();
    const [attempt] = test.named('process orders');
    await test.host.functions.invoke('queue::cancel', { messageId: attempt?.attributes?.['messaging.message.id'] });
    await settled();
    expect(attempt).toMatchObject({ isEnded: true, events: ['lease lost'] });
  });
});

describe('numbers about queues', () => {
  it('count what was accepted, how deliveries ended, what was given up, and show depths and ages', async () => {
    await using test = await open();
    const gate = deferred();
    test.host.functions.register({ id: 'take' }, async (data) => {
      if (data === 'bad') throw new Error('bad');
      if (data === 'slow') await gate.promise;
    });
    await test.host.triggers.register({ type: 'queue', functionId: 'take', config: { topic: 'orders', queue_config: { maxRetries: 0, concurrency: 1 } } });
    for (const data of ['good', 'bad', 'slow', 'waits']) await test.host.functions.invoke('enqueue', { topic: 'orders', data });
    await test.clock.advance('5s');
    const about = { queue: 'orders → take' };
    const number = (name: string, attributes: object): number | undefined => test.sink.counts.get(`${name}${JSON.stringify(attributes)}`);
    expect(number('iii.queue.enqueued', { queue: 'orders' })).toBe(4);
    expect(number('iii.queue.deliveries', { ...about, outcome: 'completed' })).toBe(1);
    expect(number('iii.queue.deliveries', { ...about, outcome: 'failed' })).toBe(1);
    expect(number('iii.queue.given_up', about)).toBe(1);
    expect(number('iii.queue.wait', about)).toBe(3);
    expect(number('iii.queue.run', about)).toBe(2);
    expect(test.sink.gauges('iii.queue.leases')).toEqual([{ value: 1 }]);
    test.sink.gauges('iii.queue.depth');
    await settled();
    const of = (name: string): number | undefined => test.sink.gauges(name).find(({ attributes }) => attributes?.['queue'] === 'orders → take')?.value;
    expect(of('iii.queue.depth')).toBe(2);
    expect(of('iii.queue.dead_letters')).toBe(1);
    expect(of('iii.queue.oldest_age')).toBe(5_000);
    gate.resolve();
    await settled();
  });
});
