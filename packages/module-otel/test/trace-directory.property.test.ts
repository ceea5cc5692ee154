import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { entriesOf, hasTrace, isNotable, readEntries } from '../src/sqlite/trace-entries.js';
import { TraceDirectory } from '../src/storage/trace-directory.js';
import { decodeSpan } from '../src/record/span-decoder.js';
import { recording } from './fixtures/recording.js';

const slowMs = 1_000;

/** What happens in some traces at once: a root begins, a child of one runs, or a root ends. */
const step = fc.record({ trace: fc.integer({ min: 0, max: 5 }), what: fc.constantFrom('child', 'failing child', 'end', 'failing end', 'slow end'), cuts: fc.boolean() });

describe('what pieces know of their traces', () => {
  it('is together what their spans say, however they are cut into pieces', async () => {
    await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 80 }), async (steps) => {
      const { recorder, log, clock, spans } = recording();
      const cuts: number[] = [];
      const open = new Map<number, ReturnType<typeof recorder.startSpan>>();
      for (const { trace, what, cuts: isCut } of steps) {
        const root = open.get(trace) ?? recorder.startSpan(`root ${String(trace)}`, { kind: 'server' });
        open.set(trace, root);
        if (what.endsWith('child')) recorder.startSpan('child', { kind: 'internal', parent: root.context }).end(what === 'child' ? undefined : { error: 'no' });
        else {
          if (what === 'slow end') await clock.advance('1s');
          root.end(what === 'failing end' ? { error: 'no' } : undefined);
          open.delete(trace);
        }
        if (isCut) cuts.push(log.main.newest?.used ?? 0);
      }
      const chunk = log.main.newest;
      const bytes = chunk?.bytes.slice(0, chunk.used) ?? new Uint8Array(0);
      const places = [...new Set([0, ...cuts, bytes.byteLength])].sort((a, b) => a - b);
      const bodies = places.slice(1).map((end, index) => bytes.subarray(places[index], end));
      const directory = new TraceDirectory();
      bodies.forEach((body, index) => directory.add({ id: index + 1, run: 'run', traces: entriesOf(body, slowMs).entries }));

      const known = [...directory.traces(() => undefined)];
      const all = spans();
      expect(known.map(({ id }) => id).sort()).toEqual([...new Set(all.map(({ traceId }) => traceId))].sort());
      for (const { id, startMs, durationMs, hasError, isSlow, spanCount, chunkId, at } of known) {
        const own = all.filter(({ traceId }) => traceId === id);
        const root = own.find(({ parentSpanId }) => parentSpanId === undefined);
        const listed = decodeSpan(bodies[chunkId - 1]!, at, log.encoder.strings);
        if (root !== undefined) expect(listed.spanId).toBe(root.spanId);
        expect({ startMs, durationMs }).toEqual(root === undefined ? { startMs: expect.any(Number), durationMs: listed.endMs - listed.startMs } : { startMs: root.startMs, durationMs: root.endMs - root.startMs });
        expect({ hasError, isSlow, spanCount }).toEqual({ hasError: own.some(({ status }) => status === 'error'), isSlow: root !== undefined && root.endMs - root.startMs >= slowMs, spanCount: own.length });
        expect(directory.has(id)).toBe(true);
        expect(bodies.some((body) => hasTrace(entriesOf(body, slowMs).entries, Buffer.from(id, 'hex')))).toBe(true);
      }
      expect(directory.has('ab'.repeat(16))).toBe(false);
    }), { numRuns: 200 });
  });

  it('marks what ends after the error of its trace as worth keeping', () => {
    const { recorder, log } = recording();
    const root = recorder.startSpan('root', { kind: 'server' });
    recorder.startSpan('child', { kind: 'internal', parent: root.context }).end({ error: 'no' });
    const cut = log.main.newest!.used;
    root.end();
    const flagsFrom = (start: number): number => [...readEntries(entriesOf(log.main.newest!.bytes.slice(start, log.main.newest!.used), slowMs).entries)][0]!.flags;
    expect(isNotable(flagsFrom(0))).toBe(true);
    expect(isNotable(flagsFrom(cut))).toBe(true);
  });

  it('takes nothing from bytes that are no records', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      const { entries, spans } = entriesOf(bytes, slowMs);
      expect(entries.byteLength % 48).toBe(0);
      expect([...readEntries(entries)].reduce((sum, entry) => sum + entry.spans, 0)).toBe(spans);
    }));
  });
});
