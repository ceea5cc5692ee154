import { expect, it } from '@jest/globals';
import { defineModule, StorePoolRef, TelemetrySinkRef, type Counter, type Histogram, type Measurement, type Meter, type TelemetrySink } from '@motia/engine-core/contract';
import { noOptions } from '@motia/engine-core';
import { startTestHost } from '@motia/engine-core/testing';
import { temporaryFolder } from '@motia/tools/testing';
import { sqliteStore } from '../src/index.js';
import { notesProgram } from './fixtures/notes-program.js';

/** A sink that keeps numbers. */
function numbers() {
  const recorded = new Map<string, number[]>();
  const gauges = new Map<string, () => number | readonly Measurement[]>();
  const keep = (name: string) => (value: number) => void recorded.set(name, [...(recorded.get(name) ?? []), value]);
  const counter = (name: string): Counter => ({ add: keep(name), with: () => counter(name) });
  const histogram = (name: string): Histogram => ({ record: keep(name), with: () => histogram(name) });
  const meter: Meter = {
    counter: (name) => counter(name),
    histogram: (name) => histogram(name),
    gauge(name, read) {
      gauges.set(name, read);
      return { dispose: () => void gauges.delete(name) };
    },
  };
  const sink: TelemetrySink = { meter, log: () => undefined, otlp: () => undefined, startSpan: (_name, { parent }) => ({ context: parent ?? { traceparent: '' }, setAttribute: () => undefined, event: () => undefined, end: () => undefined }) };
  const definition = defineModule({ name: '@test/numbers', version: '1.0.0', contract: 1, class: 'test::Numbers', options: noOptions, provides: { sink: TelemetrySinkRef }, create: async () => ({ services: { sink } }) });
  return { recorded, gauges, definition };
}

it('numbers tell of each commit, of what waits and of the size of the file', async () => {
  await using folder = temporaryFolder('store');
  const { recorded, gauges, definition } = numbers();
  const host = await startTestHost([{ definition }, sqliteStore({ data_dir: folder.path })]);
  const store = await host.service(StorePoolRef).open({});
  const notes = await store.open(notesProgram);
  const adding = ['a', 'b', 'c'].map((key) => notes.run('add', { key, text: '' }));
  const file = folder.file('motia.db');
  expect(gauges.get('iii.store.pending')?.()).toEqual([{ value: 3, attributes: { store: file } }]);
  await Promise.all(adding);
  expect(gauges.get('iii.store.pending')?.()).toEqual([{ value: 0, attributes: { store: file } }]);
  // A slow disk may cut them into two commits.
  expect(recorded.get('iii.store.commit.commands')?.reduce((sum, count) => sum + count)).toBe(3);
  expect(recorded.get('iii.store.commit.duration')).toEqual(recorded.get('iii.store.commit.commands')?.map((): unknown => expect.any(Number)));
  const [size] = gauges.get('iii.store.size')?.() as readonly Measurement[];
  expect(size?.value).toBeGreaterThan(4096);
  await host.stop();
  expect([...gauges.keys()]).toEqual([]);
});
