import { describe, expect, it } from '@jest/globals';
import { unixNano } from '../../src/telemetry/otlp-json.js';
import { mostSpans, SpanBatch } from '../../src/telemetry/span-batch.js';
import type { SpanData } from '../../src/telemetry/span-data.js';

interface Emitted {
  readonly signal: string;
  readonly otlp: { readonly resourceSpans?: { readonly scopeSpans: { readonly scope: { readonly name: string }; readonly spans: unknown[] }[] }[]; readonly resourceMetrics?: { readonly scopeMetrics: { readonly metrics: { readonly name: string; readonly sum: { readonly dataPoints: { readonly asInt: string }[] } }[] }[] }[] };
}
const span = (more: Partial<SpanData> = {}): SpanData => ({ traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), name: 'n', kind: 1, startMs: 1, endMs: 2, attributes: {}, status: 0, ...more });

function batch(): { batch: SpanBatch; emitted: Emitted[]; port: { bufferedBytes: number; isBroken: boolean; waiting: { run: () => void; delayMs: number } | undefined }; counts: () => number[]; dropped: () => string[] } {
  const emitted: Emitted[] = [];
  const port = {
    bufferedBytes: 0,
    isBroken: false,
    waiting: undefined as { run: () => void; delayMs: number } | undefined,
    later: (run: () => void, delayMs: number) => {
      port.waiting = { run, delayMs };
      return () => (port.waiting = undefined);
    },
    emit: (signal: string, otlp: unknown) => {
      if (port.isBroken) throw new Error('closed');
      emitted.push({ signal, otlp: otlp as Emitted['otlp'] });
    },
  };
  return {
    batch: new SpanBatch(port, { 'service.name': 'shop' }, { name: 'motia', version: '1' }),
    emitted,
    port,
    counts: () => emitted.filter(({ signal }) => signal === 'traces').map(({ otlp }) => otlp.resourceSpans?.[0]?.scopeSpans.reduce((sum, { spans }) => sum + spans.length, 0) ?? 0),
    dropped: () => emitted.filter(({ signal }) => signal === 'metrics').map(({ otlp }) => otlp.resourceMetrics?.[0]?.scopeMetrics[0]?.metrics[0]?.sum.dataPoints[0]?.asInt ?? ''),
  };
}

describe('O1 spans on their way to the engine', () => {
  it('travel together, those of one library beside each other, and describe their process once', () => {
    const { batch: spans, emitted } = batch();
    spans.add(span());
    spans.add(span({ scope: { name: 'pg', version: '8' } }));
    spans.add(span({ attributes: { text: 'x', n: 5, f: 1.5, yes: true, list: ['a', 1, null] }, events: [{ name: 'e', timeMs: 3 }], status: 2, statusMessage: 'bad', parentSpanId: 'c'.repeat(16) }));
    spans.flush();
    expect(emitted).toHaveLength(1);
    expect(emitted[0]?.otlp.resourceSpans).toEqual([
      {
        resource: { attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }] },
        scopeSpans: [
          { scope: { name: 'motia', version: '1' }, spans: [expect.objectContaining({ name: 'n', startTimeUnixNano: '1000000', endTimeUnixNano: '2000000', status: {} }), {
            traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), parentSpanId: 'c'.repeat(16), name: 'n', kind: 1, startTimeUnixNano: '1000000', endTimeUnixNano: '2000000',
            attributes: [
              { key: 'text', value: { stringValue: 'x' } }, { key: 'n', value: { intValue: '5' } }, { key: 'f', value: { doubleValue: 1.5 } }, { key: 'yes', value: { boolValue: true } },
              { key: 'list', value: { arrayValue: { values: [{ stringValue: 'a' }, { intValue: '1' }, {}] } } },
            ],
            events: [{ name: 'e', timeUnixNano: '3000000', attributes: [] }],
            status: { code: 2, message: 'bad' },
          }] },
          { scope: { name: 'pg', version: '8' }, spans: [expect.anything()] },
        ],
      },
    ]);
  });

  it('leave by themselves after a moment, all that came until then', () => {
    const { batch: spans, port, counts } = batch();
    spans.add(span());
    spans.add(span());
    expect([port.waiting?.delayMs, counts()]).toEqual([200, []]);
    port.waiting?.run();
    expect([port.waiting, counts()]).toEqual([undefined, [2]]);
  });

  it('a flood of them is cut, sent in parts and counted', () => {
    const { batch: spans, counts, dropped } = batch();
    for (let n = 0; n < mostSpans + 100; n += 1) spans.add(span());
    spans.flush();
    expect(counts()).toEqual([512, 512, 512, 512]);
    expect(dropped()).toEqual(['100']);
    expect(spans.droppedTotal).toBe(100);
    spans.flush();
    expect(dropped()).toEqual(['100']);
  });

  it('large ones take the place of many', () => {
    const { batch: spans, counts } = batch();
    const large = span({ attributes: { text: 'x'.repeat(600_000) } });
    for (let n = 0; n < 10; n += 1) spans.add(large);
    spans.flush();
    expect(counts()).toEqual([1, 1, 1, 1, 1, 1]);
    expect(spans.droppedTotal).toBe(4);
  });

  it('make way for calls and answers, and survive a connection that is gone', () => {
    const { batch: spans, port, counts, dropped } = batch();
    port.bufferedBytes = 5 * 1024 * 1024;
    spans.add(span());
    port.bufferedBytes = 0;
    port.isBroken = true;
    spans.add(span());
    expect(() => spans.flush()).not.toThrow();
    port.isBroken = false;
    spans.add(span());
    spans.flush();
    expect([counts(), dropped()]).toEqual([[1], ['2']]);
    spans.close();
    spans.add(span());
    spans.flush();
    expect(counts()).toEqual([1]);
  });

  it('keep nanoseconds', () => {
    expect(unixNano(1_700_000_000_123.456)).toMatch(/^1700000000123456\d{3}$/);
    expect(unixNano(5)).toBe('5000000');
    expect(unixNano(5.9999999)).toBe('5999999');
  });
});
