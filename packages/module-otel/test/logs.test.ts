import { describe, expect, it } from '@jest/globals';
import { TelemetrySinkRef } from '@motia/engine-core/contract';
import { connectTestWorker } from '@motia/engine-core/testing';
import { temporaryFolder } from '@motia/tools/testing';
import { LogRing } from '../src/logs/log-ring.js';
import { startOtel, type RunningOtel } from './fixtures/start-otel.js';

interface LogShown {
  readonly id: string;
  readonly body: string;
  readonly severity_text: string;
  readonly severity_number: number;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly trace_id: string | null;
  readonly span_id: string | null;
  readonly service_name: string;
  readonly timestamp_unix_nano: number;
}
interface LogsShown {
  readonly logs: readonly LogShown[];
  readonly total: number;
  readonly next_cursor?: string;
  readonly newest_cursor?: string;
  readonly older?: number;
  readonly missed?: number;
}
const logs = (otel: RunningOtel, query: object = {}): Promise<LogsShown> => otel.call('engine::logs::list', query);
const turns = async (count = 20): Promise<void> => {
  for (let n = 0; n < count; n += 1) await new Promise<void>((resolve) => setImmediate(resolve));
};

describe.each(['memory', 'sqlite'])('logs kept in %s', (logs_exporter) => {
  async function start(options: object = {}): Promise<RunningOtel> {
    const folder = temporaryFolder('otel');
    const otel = await startOtel({ logs_exporter, data_dir: folder.path, ...options });
    return { ...otel, [Symbol.asyncDispose]: async () => { await otel[Symbol.asyncDispose](); await folder[Symbol.asyncDispose](); } };
  }

  it('O2 hold trace and span of what wrote them: handlers, the engine, what processes print', async () => {
    await using otel = await start();
    await using worker = await connectTestWorker(otel.host, {
      name: 'shop', owner: 'shop',
      functions: {
        f: (_payload, call) => {
          worker.log({ level: 'warn', message: 'low on tea', source: 'logger', data: { left: 2 }, invocationId: call.params.invocationId });
          worker.log({ level: 'info', message: 'a stray print', source: 'stdout', invocationId: call.params.invocationId });
          return 1;
        },
      },
    });
    await otel.host.functions.invoke('f', {});
    await otel.call('engine::log::error', { message: 'of a function', data: { a: 1 }, trace_id: 'ab'.repeat(16), span_id: 'cd'.repeat(8) });
    const [span] = (await otel.list({ name: 'invoke f' })).spans;
    const { logs: ofTrace } = await logs(otel, { trace_id: span!.trace_id });
    expect(ofTrace.map(({ body, severity_text: level, span_id: id }) => [body, level, id])).toEqual([['a stray print', 'INFO', span!.span_id], ['low on tea', 'WARN', span!.span_id]]);
    expect(ofTrace[1]).toMatchObject({ severity_number: 13, service_name: 'shop', attributes: { left: 2, 'iii.function.id': 'f', 'iii.log.stream': 'logger' } });
    expect((await logs(otel, { trace_id: 'ab'.repeat(16), span_id: 'cd'.repeat(8) })).logs).toMatchObject([{ body: 'of a function', attributes: { a: 1 } }]);
    expect((await logs(otel, { trace_id: 'ab'.repeat(16), span_id: 'ee'.repeat(8) })).logs).toEqual([]);
  });

  it('are found by every filter, newest first', async () => {
    await using otel = await start({ level: 'trace' });
    const startMs = otel.clock.now();
    const { logger } = otel.host;
    for (const level of ['trace', 'debug', 'info', 'warn', 'error'] as const) {
      await otel.clock.advance('1s');
      logger[level](`about ${level}`, { n: level.length });
    }
    const bodies = async (query: object): Promise<string[]> => (await logs(otel, { search: 'about', ...query })).logs.map(({ body }) => body.slice(6));
    expect(await bodies({})).toEqual(['error', 'warn', 'info', 'debug', 'trace']);
    expect(await bodies({ severity_min: 13 })).toEqual(['error', 'warn']);
    expect(await bodies({ severity_text: 'INFO' })).toEqual(['info']);
    expect(await bodies({ start_time: startMs + 3_500 })).toEqual(['error', 'warn']);
    expect(await bodies({ end_time: (startMs + 2_500) * 1e6 })).toEqual(['debug', 'trace']);
    expect(await bodies({ offset: 1, limit: 2 })).toEqual(['warn', 'info']);
    expect((await logs(otel, { search: 'ABOUT WARN' })).total).toBe(1);
    expect((await logs(otel, { search: '"n":5' })).total).toBe(3);
  });

  it('say what came since a look, and how many of it are on further pages', async () => {
    await using otel = await start();
    const write = (from: number, to: number): void => {
      for (let n = from; n < to; n += 1) otel.host.logger.info(`n${String(n)} of them`);
    };
    const look = (query: object = {}): Promise<LogsShown> => logs(otel, { search: 'of them', ...query });
    write(0, 3);
    const first = await look();
    expect(new Set(first.logs.map(({ id }) => id)).size).toBe(3);
    expect((await look({ after: first.newest_cursor })).total).toBe(0);
    write(3, 10);
    const since = await look({ after: first.newest_cursor, limit: 5 });
    expect([since.logs.map(({ body }) => body[1]).join(''), since.total, since.older, since.missed]).toEqual(['98765', 7, 2, undefined]);
    const rest = await look({ after: first.newest_cursor, limit: 5, cursor: since.next_cursor });
    expect([rest.logs.map(({ body }) => body[1]).join(''), rest.next_cursor]).toEqual(['43', undefined]);
    // What was cleared on purpose is not missed, and what comes then is new whatever its number.
    await otel.call('engine::logs::clear');
    write(0, 1);
    expect(await look({ after: since.newest_cursor })).toMatchObject({ total: 1 });
    expect(await look({ after: since.newest_cursor })).not.toHaveProperty('missed');
    await expect(look({ after: 'elsewhere' })).rejects.toMatchObject({ code: 'MOTIA_OTEL_INVALID_QUERY' });
  });

  it('come in pages that neither miss nor repeat one', async () => {
    await using otel = await start();
    for (let n = 0; n < 25; n += 1) otel.host.logger.info(`n${String(n)}`);
    const seen: string[] = [];
    for (let cursor: string | undefined; ; ) {
      const page = await logs(otel, { search: 'n', severity_text: 'info', limit: 10, ...(cursor === undefined ? {} : { cursor }) });
      seen.push(...page.logs.map(({ body }) => body).filter((body) => /^n\d+$/.test(body)));
      cursor = page.next_cursor;
      otel.host.logger.info('between');
      if (cursor === undefined) break;
    }
    expect(seen).toEqual(Array.from({ length: 25 }, (_, n) => `n${String(24 - n)}`));
  });

  it('of a process whose clock is hours behind are shown as long as all others', async () => {
    await using otel = await start({ logs_retention_seconds: 60 });
    await using worker = await connectTestWorker(otel.host, { name: 'late', functions: { f: () => 1 } });
    worker.log({ level: 'info', message: 'of long ago', source: 'logger', timestamp: otel.clock.now() - 7_200_000 });
    await turns();
    expect((await logs(otel, { search: 'long ago' })).logs).toMatchObject([{ body: 'of long ago', timestamp_unix_nano: (otel.clock.now() - 7_200_000) * 1e6 }]);
    expect((await logs(otel, { search: 'long ago', start_time: otel.clock.now() - 60_000 })).logs).toEqual([]);
    await otel.clock.advance('61s');
    expect((await logs(otel, { search: 'long ago' })).logs).toEqual([]);
  });

  it('are bounded by count and age, and can be forgotten', async () => {
    await using otel = await start({ logs_max_count: 100, logs_retention_seconds: 60 });
    for (let n = 0; n < 1_000; n += 1) {
      otel.host.logger.info(`n${String(n)}`);
      if (n % 100 === 0) await otel.clock.advance('1s');
    }
    await otel.clock.advance('1s');
    const { logs: held, total } = await logs(otel);
    expect(total).toBeLessThanOrEqual(logs_exporter === 'memory' ? 100 : 400);
    expect(held[0]!.body).toBe('n999');
    await otel.clock.advance('2m');
    expect((await logs(otel)).total).toBe(0);
    otel.host.logger.info('again');
    expect((await logs(otel)).total).toBe(1);
    await otel.call('engine::logs::clear');
    expect((await logs(otel)).total).toBe(0);
  });
});

describe('logs', () => {
  it('hold no secrets, in messages and in fields', async () => {
    await using otel = await startOtel();
    otel.host.logger.info('calling https://ada:s3cret@host/x?code=s3cret with Bearer s3cret123', { headers: { authorization: 's3cret' }, list: [{ api_token: 's3cret' }], key: 'github_token', value: 's3cret' });
    otel.host.service(TelemetrySinkRef).log({ level: 'info', time: otel.clock.now(), message: 'of a command', source: 'API_KEY=s3cret node app.js --db postgres://u:s3cret@h/x' });
    const text = JSON.stringify(await logs(otel));
    expect(text).toContain('[redacted]');
    expect(text).not.toContain('s3cret');
  });

  it('are cut to their limits', async () => {
    await using otel = await startOtel();
    otel.host.logger.info('m'.repeat(100_000), { huge: 'x'.repeat(1_000_000), many: Array.from({ length: 10_000 }, (_, n) => `item ${String(n)}`) });
    const { logs: [log] } = await logs(otel);
    expect(log!.body).toMatch(/…\[100000 characters\]$/);
    expect(log!.attributes).toMatchObject({ truncated: true });
  });

  it('below the level are left out, and so is a share of those below warn', async () => {
    await using loud = await startOtel({ level: 'warn' });
    loud.host.logger.info('quiet');
    loud.host.logger.warn('loud');
    expect((await logs(loud)).logs.map(({ body }) => body)).toEqual(['loud']);
    await using sampled = await startOtel({ logs_sampling_ratio: 0 });
    sampled.host.logger.info('quiet');
    sampled.host.logger.child({ traceId: 'ab'.repeat(16) }).info('quiet');
    sampled.host.logger.error('loud');
    expect((await logs(sampled)).logs.map(({ body }) => body)).toEqual(['loud']);
    expect(await sampled.call('engine::telemetry::stats')).toMatchObject({ logs: { sampled_out: expect.any(Number) } });
  });

  it('logs_enabled: false keeps none', async () => {
    await using otel = await startOtel({ logs_enabled: false });
    await expect(logs(otel)).rejects.toMatchObject({ code: 'MOTIA_OTEL_NOT_STORED' });
  });

  it.each([
    [{ level: 'error' }, false, false],
    [{ logs_console_output: false }, true, false],
    [{}, true, true],
  ])('%j decides what the console shows', async (options, showsEngine, showsProcess) => {
    const lines: string[] = [];
    const port = { isTerminal: false, wantsColour: false, write: (text: string) => lines.push(text) > 0, onceDrained: () => undefined };
    await using otel = await startOtel({ format: 'json', ...options }, { logging: { port } });
    await using worker = await connectTestWorker(otel.host, { functions: {} });
    otel.host.logger.warn('of the engine');
    worker.log({ level: 'info', message: 'of a process', source: 'stdout' });
    await turns();
    expect([lines.join('').includes('of the engine'), lines.join('').includes('of a process')]).toEqual([showsEngine, showsProcess]);
    if (showsEngine) expect(JSON.parse(lines.join('').split('\n').find((line) => line.includes('of the engine'))!)).toMatchObject({ level: 'warn' });
  });

  it('take what has umlauts in it, up to the last byte of a piece of memory', () => {
    const ring = new LogRing({ maxCount: 10_000, maxBytes: 262_144 });
    for (let n = 0; n < 3_000; n += 1) ring.append({ timeMs: n, observedMs: n, level: 'info', message: 'ü'.repeat(n % 200), source: 's', traceId: undefined, spanId: undefined });
    let seen = 0;
    ring.scan({}, (load) => {
      expect(load().message).toMatch(/^ü*$/);
      seen += 1;
      return true;
    });
    expect([seen, ring.size + ring.evicted, ring.bytes <= 262_144]).toEqual([ring.size, 3_000, true]);
  });
});
