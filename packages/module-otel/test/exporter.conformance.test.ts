import { describe, expect, it } from '@jest/globals';
import { OtlpExporter } from '../src/index.js';
import { exporterConformance, sampleLog, sampleMetrics, sampleSpan, startOtlpReceiver, type OtlpReceiver } from '../src/testing/index.js';
import { loadExporter, logsIn, metricsIn, overGrpc, overHttp, requestsOf, spansIn } from './fixtures/otlp-harness.js';

const capabilities = ['traces', 'logs', 'metrics'] as const;
exporterConformance({ describe, it, expect }, { name: 'OTLP over HTTP as protobuf', capabilities, start: () => overHttp(OtlpExporter, 'http/protobuf', { headers: { 'x-api-key': 's3cret' } }) });
exporterConformance({ describe, it, expect }, { name: 'OTLP over HTTP as JSON, packed', capabilities, start: () => overHttp(OtlpExporter, 'http/json', { compression: 'gzip' }) });
// gRPC tries again by itself what is busy, for longer than a test should take.
exporterConformance({ describe, it, expect }, { name: 'OTLP over gRPC', capabilities, start: () => overGrpc(OtlpExporter), behaviours: ['refuse', 'hang'] });

describe('what arrives, read with the published definitions', () => {
  const resource = { 'service.name': 'shop', 'service.version': '1.2' };
  const signal = new AbortController().signal;

  it('are spans with every member', async () => {
    await using harness = await overHttp(OtlpExporter, 'http/protobuf', { headers: { authorization: 'Bearer abc' } });
    await harness.exporter.traces({ items: [sampleSpan(0, { status: 'interrupted' }), sampleSpan(1, { serviceName: 'worker', scope: 'http', kind: 'server' })], resource }, signal);
    const [{ headers, path }] = harness.receiver.received as [OtlpReceiver['received'][number]];
    expect([path, headers['content-type'], headers['authorization']]).toEqual(['/v1/traces', 'application/x-protobuf', 'Bearer abc']);
    const [request] = requestsOf(harness.receiver, false);
    expect(request!.resourceSpans!.map(({ resource: each, scopeSpans }) => [each, scopeSpans[0]!.scope])).toMatchObject([
      [{ attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }, { key: 'service.version', value: { stringValue: '1.2' } }] }, { name: '@motia/engine-core' }],
      [{ attributes: [{ key: 'service.name', value: { stringValue: 'worker' } }, { key: 'service.version' }] }, { name: 'http' }],
    ]);
    const [own, other] = spansIn(request!);
    expect(own).toMatchObject({
      traceId: 'ab'.repeat(16), spanId: '1'.padStart(16, '0'), name: 'span 0 ü', kind: 3, startTimeUnixNano: '1767225600000250000', endTimeUnixNano: '1767225600012500000',
      status: { code: 2, message: 'no tea' }, droppedAttributesCount: 1, droppedEventsCount: 2,
      events: [{ name: 'exception', timeUnixNano: '1767225600005000000', attributes: [{ key: 'exception.message', value: { stringValue: 'no tea' } }] }],
      links: [{ traceId: 'cd'.repeat(16), spanId: 'ef'.repeat(8) }],
    });
    expect(own!['attributes']).toMatchObject([
      { key: 'text', value: { stringValue: 'täxt' } }, { key: 'whole', value: { intValue: '12' } }, { key: 'part', value: { doubleValue: 0.5 } }, { key: 'yes', value: { boolValue: true } },
      { key: 'list', value: { arrayValue: { values: [{ stringValue: 'a' }, { stringValue: 'b' }] } } }, { key: 'iii.interrupted', value: { boolValue: true } },
    ]);
    expect(other).toMatchObject({ kind: 2, parentSpanId: '1'.padStart(16, '0') });
  });

  it('are logs and metrics with every member', async () => {
    await using harness = await overHttp(OtlpExporter, 'http/protobuf');
    await harness.exporter.logs({ items: [sampleLog(3)], resource }, signal);
    await harness.exporter.metrics({ items: sampleMetrics, resource, startMs: 1_000, timeMs: 2_000 }, signal);
    const requests = requestsOf(harness.receiver, false);
    expect(logsIn(requests[0]!)[0]).toMatchObject({ timeUnixNano: '1767225600000000000', severityNumber: 13, severityText: 'WARN', body: { stringValue: 'log 3' }, traceId: 'ab'.repeat(16), spanId: 'cd'.repeat(8) });
    expect(metricsIn(requests[1]!)).toMatchObject([
      { name: 'a.counter', sum: { isMonotonic: true, aggregationTemporality: 2, dataPoints: [{ asDouble: 3, startTimeUnixNano: '1000000000', timeUnixNano: '2000000000' }] } },
      { name: 'a.gauge', unit: 'By', gauge: { dataPoints: [{ asDouble: 1.5 }] } },
      { name: 'a.histogram', histogram: { dataPoints: [{ count: '2', sum: 3, min: 1, max: 2 }] } },
    ]);
  });

  it('goes below the path of the endpoint, and keeps its password to itself', async () => {
    await using receiver = await startOtlpReceiver();
    const { exporter, stop } = await loadExporter(OtlpExporter, { endpoint: `${receiver.url.replace('http://', 'http://u:s3cret@')}/tenant/` });
    await exporter.traces({ items: [sampleSpan(0)], resource }, signal);
    expect([receiver.received[0]!.path, exporter.destination.includes('s3cret')]).toEqual(['/tenant/v1/traces', false]);
    await stop();
  });

  it('waits as long as the receiver asks for', async () => {
    await using harness = await overHttp(OtlpExporter, 'http/protobuf');
    await harness.behave('busy');
    await expect(harness.exporter.traces({ items: [sampleSpan(0)], resource }, signal)).rejects.toMatchObject({ details: { isRetryable: true, retryAfterMs: 7_000 } });
  });
});
