import { describe, expect, it } from '@jest/globals';
import { TelemetrySinkRef } from '@motia/engine-core/contract';
import { startTestHost } from '@motia/engine-core/testing';
import type { OtelInput } from '../src/index.js';
import { exporterConformance, sampleLog, startOtlpReceiver, type OtlpReceiver } from '../src/testing/index.js';
import { built } from './fixtures/built.js';
import { loadExporter, overGrpc, overHttp, requestsOf, spansIn } from './fixtures/otlp-harness.js';

const capabilities = ['traces', 'logs', 'metrics'] as const;
const { OtlpExporter } = built;
exporterConformance({ describe, it, expect }, { name: 'OTLP over HTTP from a thread', capabilities, start: () => overHttp(OtlpExporter, 'http/protobuf', { headers: { 'x-api-key': 's3cret' } }) });
exporterConformance({ describe, it, expect }, { name: 'OTLP over gRPC from a thread', capabilities, start: () => overGrpc(OtlpExporter), behaviours: ['refuse', 'hang'] });

async function startEngine(receiver: OtlpReceiver, options: OtelInput = {}) {
  const host = await startTestHost([built.otel({ exporter: 'otlp', endpoint: receiver.url, export_interval_ms: 10, ...options })]);
  const sink = host.service(TelemetrySinkRef);
  const names = (): string[] => requestsOf(receiver, false).flatMap(spansIn).map(({ name }) => String(name));
  return {
    host, names,
    span: (name: string, attributes: Record<string, string> = {}) => sink.startSpan(name, { kind: 'internal', attributes }).end(),
    /** Resolves once a span of this name has arrived. */
    async arrived(name: string) {
      for (let count = 1; !names().includes(name); count += 1) await receiver.until('/v1/traces', count);
    },
    [Symbol.asyncDispose]: () => host.stop(),
  };
}
const signal = new AbortController().signal;
const resource = { 'service.name': 'shop' };

describe('the thread that sends', () => {
  it('gets spans as they were written down, with texts that came up since', async () => {
    await using receiver = await startOtlpReceiver();
    await using engine = await startEngine(receiver);
    engine.span('first', { place: 'Köln', long: 'x'.repeat(1_000) });
    await engine.arrived('first');
    engine.span('second', { place: 'Köln' });
    engine.span('third', { place: 'Bonn', newly: 'named' });
    await engine.arrived('third');
    const spans = requestsOf(receiver, false).flatMap(spansIn).filter(({ name }) => ['first', 'second', 'third'].includes(String(name)));
    const attributes = spans.map((span) => Object.fromEntries((span['attributes'] as { key: string; value: { stringValue: string } }[]).map(({ key, value }) => [key, value.stringValue])));
    expect(attributes).toEqual([{ place: 'Köln', long: 'x'.repeat(1_000) }, { place: 'Köln' }, { place: 'Bonn', newly: 'named' }]);
  });

  it('refuses what cannot cross over, and goes on', async () => {
    await using receiver = await startOtlpReceiver();
    const { exporter, stop } = await loadExporter(OtlpExporter, { endpoint: receiver.url });
    const log = { ...sampleLog(0), fields: { call: () => undefined } };
    await expect(exporter.logs({ items: [log], resource }, signal)).rejects.toMatchObject({ code: 'MOTIA_OTEL_EXPORT_FAILED', details: { isRetryable: false } });
    expect(await exporter.logs({ items: [sampleLog(1)], resource }, signal)).toEqual({ rejected: 0 });
    await stop();
  });
});
