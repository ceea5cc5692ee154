import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { takeSpans } from '../src/export/span-batch.js';
import { TraceIndex } from '../src/record/trace-index.js';
import { recording } from './fixtures/recording.js';

const value = fc.oneof(fc.string({ unit: 'binary', maxLength: 40 }), fc.double({ noNaN: true }).map((number) => number + 0), fc.integer(), fc.boolean());
const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 }).filter((text) => !/token|secret|password|credential|key|cookie|auth|data|value|body|name|header|field|query|url|uri|path|target|href|referer|location|pwd|passwd|ops|patch|before|after|result|item_id|itemid/i.test(text));
const cleanText = (text: unknown): boolean => typeof text !== 'string' || !/:\/\/|token|secret|password|passwd|credential|api[-_]?key|authorization|bearer|basic |cookie|eyJ/i.test(text);

describe('the log of spans', () => {
  it('gives back what was recorded, whatever the texts and numbers', () => {
    fc.assert(fc.property(name, fc.dictionary(name, value.filter(cleanText), { maxKeys: 10 }), fc.constantFrom('internal', 'server', 'client', 'producer', 'consumer'), (text, attributes, kind) => {
      const { recorder, spans } = recording();
      recorder.startSpan(text, { kind, attributes }).end();
      const [span] = spans();
      expect(span).toMatchObject({ name: text, kind });
      expect(span!.attributes).toEqual(Object.entries(attributes).map(([key, each]) => [key, each]));
    }), { numRuns: 300 });
  });

  it('O1 is never larger than it may be, and keeps the newest', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 400 }), fc.array(fc.record({ size: fc.integer({ min: 0, max: 4_000 }), fails: fc.boolean(), children: fc.integer({ min: 0, max: 3 }) }), { minLength: 50, maxLength: 400 }), (maxSpans, traces) => {
      const maxBytes = 1_048_576;
      const { recorder, log, spans } = recording({ maxBytes, maxSpans });
      let last = '';
      for (const { size, fails, children } of traces) {
        const root = recorder.startSpan('root', { kind: 'internal', attributes: { filler: 'x'.repeat(size) } });
        for (let child = 0; child < children; child += 1) recorder.startSpan('child', { kind: 'internal', parent: root.context }).end();
        root.end(fails ? { error: 'no' } : undefined);
        last = root.context.traceparent.slice(36, 52);
        // The table of the traces that are kept longer comes on top.
        expect(log.bytes).toBeLessThanOrEqual(maxBytes + 128 * 1024);
        expect(log.size).toBeLessThanOrEqual(Math.max(maxSpans, 8));
      }
      const held = spans();
      expect(held.some(({ spanId }) => spanId === last)).toBe(true);
      expect(held.length).toBe(log.size);
      expect(log.evictedSpans + log.size).toBe(log.main.written);
    }), { numRuns: 40 });
  });

  it('hands out every span once in batches of any size, or counts it as missed, also while it lets go of some', () => {
    const span = fc.record({ size: fc.integer({ min: 0, max: 3_000 }), asked: fc.option(fc.integer({ min: 1, max: 60 }), { nil: undefined }) });
    fc.assert(fc.property(fc.array(span, { minLength: 50, maxLength: 600 }), (written) => {
      const { recorder, log } = recording({ maxBytes: 1_048_576, maxSpans: 100 });
      const got: number[] = [];
      let next = 0;
      let missed = 0;
      const take = (most: number): void => {
        const taken = takeSpans(log, {}, next, most);
        expect(taken.batch.items).toHaveLength(taken.count);
        got.push(...taken.batch.items.map(({ attributes }) => Number(attributes[0]![1])));
        missed += taken.missed;
        next = taken.next;
      };
      for (const [n, { size, asked }] of written.entries()) {
        recorder.startSpan('each', { kind: 'internal', attributes: { n, filler: 'x'.repeat(size) } }).end();
        if (asked !== undefined) take(asked);
      }
      while (next < written.length) take(7);
      expect(got.length + missed).toBe(written.length);
      expect(got).toEqual([...new Set(got)].sort((a, b) => a - b));
      expect(got.at(-1)).toBe(written.length - 1);
    }), { numRuns: 60 });
  });

  it('keeps traces with errors and slow ones when it has let go of all others of their time', async () => {
    const { recorder, log, clock, spans } = recording({ maxBytes: 1_048_576 });
    const notable = new Set<string>();
    for (let n = 0; n < 20_000; n += 1) {
      const root = recorder.startSpan('root', { kind: 'internal', attributes: { n, filler: 'x'.repeat(200) } });
      recorder.startSpan('child', { kind: 'internal', parent: root.context }).end();
      if (n === 50) await clock.advance('2s');
      if (n === 50 || n === 100) notable.add(root.context.traceparent.slice(3, 35));
      root.end(n === 100 ? { error: 'no' } : undefined);
    }
    const kept = spans().filter(({ traceId }) => notable.has(traceId));
    // Their children ended before anybody knew.
    expect(kept.map(({ name: each }) => each).sort()).toEqual(['child', 'child', 'root', 'root']);
    expect(spans().some(({ attributes }) => attributes.some(([key, each]) => key === 'n' && each === 99))).toBe(false);
    expect(log.bytes).toBeLessThan(1_200_000);
  });

  it('finds every trace that it holds, and nothing else', async () => {
    await fc.assert(fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 300 }), fc.integer({ min: 1, max: 50 }), async (children, every) => {
      const { recorder, log, spans } = recording({ maxBytes: 1_048_576, maxSpans: 200 });
      const index = new TraceIndex(log, 1_000);
      for (const [n, count] of children.entries()) {
        const root = recorder.startSpan('root', { kind: 'internal' });
        for (let child = 0; child < count; child += 1) recorder.startSpan('child', { kind: 'internal', parent: root.context }).end();
        root.end(n % 7 === 0 ? { error: 'no' } : undefined);
        if (n % every === 0) await index.sync();
      }
      await index.sync();
      const byTrace = new Map<string, string[]>();
      for (const { traceId, spanId } of spans()) byTrace.set(traceId, [...(byTrace.get(traceId) ?? []), spanId]);
      for (const [traceId, held] of byTrace) expect(index.spans(traceId).map(({ spanId }) => spanId).sort()).toEqual(held.sort());
      const listed = [...index.traces()].map((trace) => trace.root()?.traceId);
      expect(listed.sort()).toEqual([...byTrace.keys()].sort());
      expect(index.spans('f'.repeat(32))).toEqual([]);
    }), { numRuns: 30 });
  });

  it('lets go of what is too old', async () => {
    const { recorder, log, clock, spans } = recording();
    recorder.startSpan('old', { kind: 'internal' }).end();
    log.evictOlderThan(clock.now() - 1_000);
    expect(spans()).toHaveLength(1);
    await clock.advance('1h');
    log.evictOlderThan(clock.now() - 1_000);
    expect(spans()).toHaveLength(0);
  });
});
