import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { noOptions } from '@motia/engine-core';
import { defineModule, TelemetrySinkRef } from '@motia/engine-core/contract';
import { temporaryFolder } from '@motia/tools/testing';
import { fullDisk, type Disk } from './fixtures/full-disk.js';
import { startOtel } from './fixtures/start-otel.js';

const turns = async (count = 20): Promise<void> => {
  for (let n = 0; n < count; n += 1) await new Promise<void>((resolve) => setImmediate(resolve));
};

describe('exporter: sqlite', () => {
  it('survives a restart, with traces, logs and rollups', async () => {
    await using folder = temporaryFolder('otel');
    const options = { exporter: 'sqlite', data_dir: folder.path };
    {
      await using otel = await startOtel(options);
      await otel.run('orders::create', () => { throw new Error('no tea'); });
      await otel.run('orders::list');
      otel.host.logger.child({ traceId: 'ab'.repeat(16) }).warn('low on tea', { left: 2 });
      await otel.clock.advance('10s');
      expect((await otel.list()).total).toBe(2);
    }
    await using otel = await startOtel(options);
    const { spans } = await otel.list({ sort_by: 'name' });
    expect(spans.map(({ name, status }) => [name, status])).toEqual([['invoke orders::create', 'error'], ['invoke orders::list', 'unset']]);
    const { roots } = await otel.call<{ roots: { events: unknown[] }[] }>('engine::traces::tree', { trace_id: spans[0]!.trace_id });
    expect(roots[0]!.events).toHaveLength(1);
    const logs = await otel.call<{ logs: { body: string; attributes: unknown }[] }>('engine::logs::list', { trace_id: 'ab'.repeat(16) });
    expect(logs.logs).toMatchObject([{ body: 'low on tea', attributes: { left: 2 } }]);
    const { rollups } = await otel.call<{ rollups: { metric_name: string }[] }>('engine::rollups::list', { metric_name: 'iii.invocation.duration' });
    expect(rollups.length).toBeGreaterThan(0);
  });

  it('writes nothing while nothing happens, and one measurement a minute where it measures', async () => {
    for (const measures of [false, true]) {
      await using folder = temporaryFolder('otel');
      await using otel = await startOtel({ exporter: 'sqlite', data_dir: folder.path, metrics_enabled: measures });
      const inFiles = (): string => readdirSync(folder.path).filter((name) => name.startsWith('telemetry.db')).sort().map((name) => `${name} ${readFileSync(join(folder.path, name)).toString('latin1')}`).join('\n');
      let changes = 0;
      const pass = async (seconds: number): Promise<void> => {
        let before = inFiles();
        for (let second = 0; second < seconds; second += 1) {
          await otel.clock.advance('1s');
          await turns(4);
          const after = inFiles();
          if (after !== before) changes += 1;
          before = after;
        }
      };
      await otel.run('orders::create');
      await pass(2);
      expect(changes).toBeGreaterThan(0);
      await pass(60);
      changes = 0;
      await pass(300);
      expect(changes).toBeLessThanOrEqual(measures ? 5 : 0);
      // It was not asleep.
      await otel.run('orders::create');
      await pass(1);
      expect(changes).toBeGreaterThan(0);
    }
  }, 60_000);

  it('O1 counts spans and log records that could not be written, and tells of them in numbers, health and log', async () => {
    const disk = { isFull: false };
    await using otel = await startOtel({ adapter: { class: 'acme::FullDisk' } }, { definitions: [fullDisk(disk)] });
    const counted = async () => (await otel.call<{ storage: { dropped_spans: number; dropped_logs: number } }>('engine::telemetry::stats')).storage;
    await otel.clock.advance('1s');
    expect(await counted()).toMatchObject({ dropped_spans: 0, dropped_logs: 0 });
    disk.isFull = true;
    for (let n = 0; n < 7; n += 1) otel.host.logger.info('lost', { n });
    for (let n = 0; n < 3; n += 1) await otel.run('work');
    await otel.clock.advance('250ms');
    await turns();
    const lost = await counted();
    expect(lost.dropped_logs).toBeGreaterThanOrEqual(7);
    expect(lost.dropped_spans).toBeGreaterThanOrEqual(3);
    expect(JSON.stringify(otel.host.health.report())).toMatch(/database or disk is full \(\d+ spans and \d+ log records lost so far\)/);
    const { metrics } = await otel.call<{ metrics: { data_points: { value: number; attributes: object }[] }[] }>('engine::metrics::list', { metric_name: 'iii.telemetry.dropped' });
    const inMetric = metrics.flatMap(({ data_points: points }) => points).find(({ attributes }) => JSON.stringify(attributes).includes('storage logs'));
    expect(inMetric?.value).toBeGreaterThanOrEqual(7);
    disk.isFull = false;
    await otel.clock.advance('1s');
    await turns();
    expect(otel.host.logs.find('Telemetry is kept again')).toMatchObject({ fields: { droppedLogs: expect.any(Number), droppedSpans: expect.any(Number) } });
    const after = await counted();
    otel.host.logger.info('kept');
    await otel.clock.advance('1s');
    await turns();
    expect(await counted()).toEqual(after);
  });

  it('O1 counts and says what cannot even be made ready for the disk, and goes on', async () => {
    const disk: Disk = { isFull: false, written: [] };
    const odd = defineModule({
      name: 'odd', version: '0.0.0', contract: 1, class: 'test::Odd', options: noOptions,
      create: async ({ telemetry }) => ({ services: {}, start: async () => telemetry.meter.counter('odd').add(1, { size: 10n as unknown as number }) }),
    });
    await using otel = await startOtel({ adapter: { class: 'acme::FullDisk' } }, { definitions: [fullDisk(disk)], modules: [{ definition: odd }] });
    await otel.clock.advance('1m');
    expect(otel.host.logs.find('Telemetry cannot be written')).toMatchObject({ level: 'warn', fields: { reason: expect.stringContaining('BigInt') as unknown as string } });
    await otel.run('work');
    await otel.clock.advance('1s');
    expect(disk.written!.flatMap(({ spans }) => spans).length).toBeGreaterThan(0);
  });

  it('takes no span for open that ended while nothing could be written', async () => {
    const disk: Disk = { isFull: false, written: [] };
    await using otel = await startOtel({ adapter: { class: 'acme::FullDisk' } }, { definitions: [fullDisk(disk)] });
    let end!: () => void;
    const running = otel.run('long', () => new Promise<void>((resolve) => (end = resolve)));
    await otel.clock.advance('1s');
    expect(disk.written!.flatMap(({ opened }) => opened)).toHaveLength(1);
    disk.isFull = true;
    end();
    await running;
    await otel.clock.advance('1s');
    expect(disk.written!.flatMap(({ ended }) => ended)).toEqual([]);
    disk.isFull = false;
    await otel.clock.advance('1s');
    expect(disk.written!.flatMap(({ ended }) => ended)).toHaveLength(1);
    expect(disk.written!.flatMap(({ opened }) => opened)).toHaveLength(1);
  });

  it.each<readonly [string, (folder: string) => string]>([
    ['is damaged', (folder) => (writeFileSync(join(folder, 'telemetry.db'), randomBytes(100_000)), folder)],
    ['cannot be made', (folder) => (writeFileSync(join(folder, 'file'), ''), join(folder, 'file', 'below'))],
  ])('costs what is kept and not the app, when its file %s', async (_name, spoil) => {
    await using folder = temporaryFolder('otel');
    await using otel = await startOtel({ exporter: 'sqlite', data_dir: spoil(folder.path) });
    expect(await otel.run('work', () => 'done')).toBe('done');
    expect(JSON.stringify(otel.host.health.report())).toMatch(/Telemetry cannot be kept in [^"]*telemetry\.db/);
    expect(otel.host.logs.find('Telemetry cannot be kept')).toMatchObject({ level: 'error' });
    for (const list of ['engine::traces::list', 'engine::logs::list']) await expect(otel.call(list, {})).rejects.toMatchObject({ code: 'MOTIA_OTEL_STORAGE_FAILED' });
  });

  it('shows what was open when the engine went as interrupted, although everything had been forgotten meanwhile', async () => {
    await using folder = temporaryFolder('otel');
    const options = { exporter: 'sqlite', data_dir: folder.path };
    {
      await using otel = await startOtel(options);
      void otel.run('long', () => new Promise(() => undefined));
      await otel.clock.advance('1s');
      await otel.call('engine::traces::clear');
    }
    await using otel = await startOtel(options);
    expect((await otel.list()).spans).toMatchObject([{ name: 'invoke long', status: 'interrupted' }]);
  });

  it('stays within its size, and keeps whole traces with errors when others of their time have gone', async () => {
    await using folder = temporaryFolder('otel');
    await using otel = await startOtel({ exporter: 'sqlite', data_dir: folder.path, sqlite_max_bytes: 4_194_304 });
    const sink = otel.host.service(TelemetrySinkRef);
    const filler = 'x'.repeat(400);
    const failing = sink.startSpan('fails', { kind: 'server' });
    sink.startSpan('child', { kind: 'internal', parent: failing.context }).end();
    for (let batch = 0; batch < 30; batch += 1) {
      for (let n = 0; n < 1_000; n += 1) sink.startSpan(`root ${String(batch)}`, { kind: 'server', attributes: { n, filler } }).end();
      // Its child was written before anybody knew.
      if (batch === 1) failing.end({ error: 'no' });
      await otel.list({ limit: 1 });
    }
    const { spans } = await otel.list({ error: true });
    expect(spans.map(({ name, span_count: count }) => [name, count])).toEqual([['fails', 2]]);
    const { roots } = await otel.call<{ roots: { children: { name: string }[] }[] }>('engine::traces::tree', { trace_id: spans[0]!.trace_id });
    expect(roots[0]!.children.map(({ name }) => name)).toEqual(['child']);
    const { total } = await otel.list({ limit: 1 });
    expect(total).toBeGreaterThan(3_000);
    expect(total).toBeLessThan(9_000);
    expect((await otel.list({ name: 'root 29', limit: 1 })).total).toBe(1_000);
    expect((await otel.list({ name: 'root 0', limit: 1 })).total).toBe(0);
  });

  it('§4.12 has no secret in any of its files, wherever it stood', async () => {
    await using folder = temporaryFolder('otel');
    const secret = 'hunter2-in-no-file';
    {
      await using otel = await startOtel({ exporter: 'sqlite', data_dir: folder.path });
      const span = otel.host.service(TelemetrySinkRef).startSpan('GET /orders', {
        kind: 'server',
        attributes: { 'http.request.header.authorization': `Bearer ${secret}`, 'http.request.header.cookie': `session=${secret}`, 'url.full': `https://ada:${secret}@shop/orders?access_token=${secret}`, key: 'api_token', value: secret, left: 'readable-in-a-file' },
      });
      otel.host.logger.warn(`password=${secret}`, { password: secret, nested: { api_token: secret }, left: 'readable-in-a-file' });
      await otel.run('fails', () => { throw new Error(`token: ${secret}`); });
      span.end();
      await otel.clock.advance('10s');
      expect((await otel.list()).total).toBe(2);
    }
    const files = readdirSync(folder.path).map((name) => readFileSync(join(folder.path, name)));
    expect(files.some((bytes) => bytes.includes('readable-in-a-file'))).toBe(true);
    expect(files.filter((bytes) => bytes.includes(secret))).toEqual([]);
  });
});
