import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '@motia/engine-core/testing';
import { TelemetrySinkRef } from '@motia/engine-core/contract';
import { otelOptionsSchema } from '../src/options.js';
import { startOtlpReceiver } from '../src/testing/index.js';
import { decodeRequest } from './fixtures/otlp-definitions.js';
import { attribute, startOtel } from './fixtures/start-otel.js';

interface Stats {
  readonly spans: { readonly held: number; readonly evicted: number };
  readonly logs: { readonly held: number; readonly bytes: number; readonly evicted: number };
}

describe('an option', () => {
  it('memory_max_spans bounds the spans in memory', async () => {
    await using otel = await startOtel({ memory_max_spans: 1_000 });
    const sink = otel.host.service(TelemetrySinkRef);
    for (let n = 0; n < 10_000; n += 1) sink.startSpan('root', { kind: 'server' }).end();
    const { spans } = await otel.call<Stats>('engine::telemetry::stats');
    expect(spans.held).toBeGreaterThan(500);
    expect(spans.held).toBeLessThanOrEqual(1_000);
    expect(spans.evicted).toBeGreaterThanOrEqual(9_000);
  });

  it('max_attribute_length cuts texts, and says so', async () => {
    await using otel = await startOtel({ max_attribute_length: 64 });
    otel.host.service(TelemetrySinkRef).startSpan('root', { kind: 'server', attributes: { tea: 'x'.repeat(1_000) } }).end();
    const [span] = (await otel.list()).spans;
    expect(attribute(span!, 'tea')).toMatch(/^x{30,64}…/);
  });

  it('slow_trace_ms says which traces are slow', async () => {
    for (const [limit, isSlow] of [[20, true], [1_000, false]] as const) {
      await using otel = await startOtel({ slow_trace_ms: limit });
      await otel.run('work', () => otel.clock.advance('50ms'));
      expect((await otel.list()).spans).toMatchObject([{ is_slow: isSlow }]);
      expect((await otel.list({ slow: true })).total).toBe(isSlow ? 1 : 0);
    }
  });

  it('redact_keys takes out what stands under names of the user', async () => {
    await using otel = await startOtel({ redact_keys: ['recipe'] });
    otel.host.service(TelemetrySinkRef).startSpan('root', { kind: 'server', attributes: { 'tea.recipe': 'bergamot', left: 'readable' } }).end();
    otel.host.logger.info('brewed', { recipe: 'bergamot', left: 'readable' });
    const shown = JSON.stringify([await otel.list(), await otel.call('engine::logs::list')]);
    expect(shown).toContain('readable');
    expect(shown).not.toContain('bergamot');
  });

  it('logs_max_bytes bounds the memory for logs', async () => {
    await using otel = await startOtel({ logs_max_bytes: 262_144, logs_max_count: 1_000_000 });
    for (let n = 0; n < 1_000; n += 1) otel.host.logger.info(`brewed ${'x'.repeat(1_000)}`);
    const { logs } = await otel.call<Stats>('engine::telemetry::stats');
    expect(logs.bytes).toBeLessThanOrEqual(262_144);
    expect(logs.held).toBeGreaterThan(50);
    expect(logs.evicted).toBeGreaterThan(700);
  });

  it('logs_batch_size bounds what is sent of logs at one time', async () => {
    await using receiver = await startOtlpReceiver();
    await using otel = await startOtel({ logs_exporter: 'otlp', endpoint: receiver.url, exporter: 'memory', logs_batch_size: 10 }, { clock: new ManualClock() });
    for (let n = 0; n < 35; n += 1) otel.host.logger.info('brewed', { n });
    const got = receiver.until('/v1/logs', 3);
    await otel.clock.advance('5s');
    const sizes = (await got).map(({ body }) => (decodeRequest('logs', body) as unknown as { resourceLogs: { scopeLogs: { logRecords: unknown[] }[] }[] }).resourceLogs.flatMap(({ scopeLogs }) => scopeLogs.flatMap(({ logRecords }) => logRecords)).length);
    expect(sizes.slice(0, 3)).toEqual([10, 10, 10]);
  });

  it('alert_webhooks.timeout_ms bounds how long a receiver may take', async () => {
    const server = createServer(() => undefined);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const host = `127.0.0.1:${String((server.address() as AddressInfo).port)}`;
    {
      await using otel = await startOtel({
        alerts: [{ name: 'errors', metric: 'iii.invocations.error', threshold: 0, action: { type: 'webhook', url: `http://${host}/` } }],
        alert_webhooks: { allowed_hosts: [host], timeout_ms: 200 },
      });
      await otel.run('bad', () => { throw new Error('no'); });
      await otel.call('engine::alerts::evaluate');
      const failure = () => otel.host.logs.find('could not be told');
      while (failure() === undefined) {
        await otel.clock.advance('100ms');
        await new Promise<void>((resolve) => setImmediate(resolve));
      }
      expect(failure()?.fields).toMatchObject({ reason: expect.stringContaining('within 200 ms') });
    }
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  it('is observed by a test, whichever it is', () => {
    const folder = new URL('./', import.meta.url);
    const tests = readdirSync(folder).filter((name) => name.endsWith('.test.ts')).map((name) => readFileSync(new URL(name, folder), 'utf8')).join('\n');
    const unseen = Object.keys(otelOptionsSchema.properties).filter((key) => !new RegExp(`\\b${key}\\b`).test(tests));
    expect(unseen).toEqual([]);
  });
});
