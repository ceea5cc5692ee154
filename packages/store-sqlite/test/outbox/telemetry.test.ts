import { expect, it } from '@jest/globals';
import { noOptions } from '@motia/engine-core';
import { defineModule, TelemetrySinkRef, type Counter, type Histogram, type Meter, type SpanAttributes, type SpanOptions, type TelemetrySink } from '@motia/engine-core/contract';
import { ManualClock, startTestHost } from '@motia/engine-core/testing';
import { sqliteStore } from '../../src/index.js';
import { items, ItemsRef } from '../fixtures/items-module.js';

/** Keeps what it is told. */
function recorder() {
  const spans: { readonly name: string; readonly options: SpanOptions; outcome?: { readonly error?: unknown } }[] = [];
  const outcomes: SpanAttributes[] = [];
  const gauges = new Map<string, () => unknown>();
  const counter = (name: string): Counter => ({ add: (_value, attributes = {}) => void (name === 'iii.triggers.calls' && outcomes.push(attributes)), with: () => counter(name) });
  const histogram: Histogram = { record: () => undefined, with: () => histogram };
  const meter: Meter = {
    counter, histogram: () => histogram,
    gauge(name, read) {
      gauges.set(name, read);
      return { dispose: () => void gauges.delete(name) };
    },
  };
  const sink: TelemetrySink = {
    meter, log: () => undefined, otlp: () => undefined,
    startSpan(name, options) {
      const span: (typeof spans)[number] = { name, options };
      spans.push(span);
      const serial = String(spans.length).padStart(16, '0');
      return { context: { traceparent: `00-${options.parent?.traceparent.slice(3, 35) ?? 'a'.repeat(32)}-${serial}-01` }, setAttribute: () => undefined, event: () => undefined, end: (outcome = {}) => void (span.outcome ??= outcome) };
    },
  };
  const definition = defineModule({ name: '@test/recorder', version: '1.0.0', contract: 1, class: 'test::Recorder', options: noOptions, provides: { sink: TelemetrySinkRef }, create: async () => ({ services: { sink } }) });
  return { spans, outcomes, gauges, definition };
}

it('S6 O2 each delivery is a span from the change on, around the call, and is counted by what became of it', async () => {
  const { spans, outcomes, gauges, definition } = recorder();
  const clock = new ManualClock();
  await using host = await startTestHost([{ definition }, sqliteStore({ durability: 'memory' }), items()], { clock });
  const service = host.service(ItemsRef);
  let attempts = 0;
  host.functions.register({ id: 'watch' }, () => {
    attempts += 1;
    if (attempts === 1) throw new Error('not yet');
  });
  await host.triggers.register({ type: 'item', functionId: 'watch', config: {} });
  const changedAtMs = clock.now();
  await service.put('a', '1');
  while (outcomes.length < 1) await new Promise((resolve) => setImmediate(resolve));
  expect(gauges.get('iii.item.triggers.due')?.()).toBe(1);
  await clock.advance('5s');
  while (outcomes.length < 2) await new Promise((resolve) => setImmediate(resolve));
  expect(outcomes).toEqual([{ type: 'item', outcome: 'retried' }, { type: 'item', outcome: 'delivered' }]);
  const deliveries = spans.filter(({ name }) => name === 'item trigger');
  expect(deliveries).toMatchObject([
    { options: { kind: 'consumer', startedAtMs: changedAtMs, attributes: { 'iii.function.id': 'watch', 'iii.trigger.key': 'a', 'iii.trigger.attempt': 1, 'iii.trigger.wait_ms': 0 } }, outcome: { error: expect.anything() as unknown } },
    { options: { attributes: { 'iii.trigger.attempt': 2, 'iii.trigger.wait_ms': 1_000 } }, outcome: {} },
  ]);
  expect(deliveries[1]?.options.startedAtMs).toBeUndefined();
  // The calls are inside of them.
  const calls = spans.filter(({ name }) => name === 'invoke watch');
  expect(calls.map(({ options }) => options.parent?.traceparent.slice(36, 52))).toEqual(deliveries.map((delivery) => String(spans.indexOf(delivery) + 1).padStart(16, '0')));
  await host.stop();
  expect([...gauges.keys()].filter((name) => name.includes('triggers'))).toEqual([]);
});
