import { describe, expect, it } from '@jest/globals';
import { TelemetrySinkRef } from '@motia/engine-core/contract';
import { connectTestWorker } from '@motia/engine-core/testing';
import { temporaryFolder } from '@motia/tools/testing';
import { attribute, startOtel, type RunningOtel, type SpanShown } from './fixtures/start-otel.js';

interface TreeShown {
  readonly roots: readonly SpanShown[];
  readonly spans: readonly (SpanShown & { readonly depth: number; readonly child_count: number; readonly matches?: true })[];
  readonly span_count: number;
  readonly returned: number;
  readonly truncated?: true;
  readonly next_cursor?: string;
}

describe.each(['memory', 'sqlite'])('traces kept in %s', (exporter) => {
  async function start(options: object = {}): Promise<RunningOtel> {
    const folder = temporaryFolder('otel');
    const otel = await startOtel({ exporter, data_dir: folder.path, ...options });
    return {
      ...otel,
      [Symbol.asyncDispose]: async () => {
        await otel[Symbol.asyncDispose]();
        await folder[Symbol.asyncDispose]();
      },
    };
  }
  const slow = (otel: RunningOtel, ms: number) => () => otel.clock.advance(ms);

  it('are listed with what existing programs know of them', async () => {
    await using otel = await start();
    await otel.run('orders::create', () => otel.clock.advance(25));
    const { spans, total } = await otel.list();
    expect(total).toBe(1);
    expect(spans[0]).toMatchObject({
      trace_id: expect.stringMatching(/^[0-9a-f]{32}$/), span_id: expect.stringMatching(/^[0-9a-f]{16}$/), parent_span_id: null, name: 'invoke orders::create', status: 'unset', status_description: null,
      service_name: 'iii', instrumentation_scope_name: '@motia/engine-core', flags: 1, links: [], events: [], duration_ms: 25, span_count: 1, has_error: false, is_slow: false,
    });
    // Numbers of that size are exact to a quarter of a microsecond.
    expect(Math.round((spans[0]!.end_time_unix_nano! - spans[0]!.start_time_unix_nano) / 1e4)).toBe(2_500);
    expect(attribute(spans[0]!, 'iii.function.id')).toBe('orders::create');
  });

  it('are found by every filter', async () => {
    await using otel = await start({ service_name: 'shop' });
    const startMs = otel.clock.now();
    await otel.run('a::fast', slow(otel, 5));
    await otel.run('b::slow', slow(otel, 1_500));
    await otel.run('c::fails', () => { throw new Error('no tea'); });
    const middle = otel.clock.now();
    await otel.clock.advance('1h');
    await otel.run('d::late', slow(otel, 50));
    const names = async (query: object): Promise<string[]> => (await otel.list(query)).spans.map(({ name }) => name.slice(7));
    expect(await names({})).toEqual(['a::fast', 'b::slow', 'c::fails', 'd::late']);
    expect(await names({ name: 'B::S' })).toEqual(['b::slow']);
    expect(await names({ service_name: 'SHOP' })).toHaveLength(4);
    expect(await names({ service_name: 'other' })).toEqual([]);
    expect(await names({ status: 'error' })).toEqual(['c::fails']);
    expect(await names({ error: true })).toEqual(['c::fails']);
    expect(await names({ slow: true })).toEqual(['b::slow']);
    expect(await names({ min_duration_ms: 40 })).toEqual(['b::slow', 'd::late']);
    expect(await names({ min_duration_ms: 1, max_duration_ms: 60 })).toEqual(['a::fast', 'd::late']);
    expect(await names({ end_time: middle })).toEqual(['a::fast', 'b::slow', 'c::fails']);
    expect(await names({ start_time: (middle + 1) * 1e6 })).toEqual(['d::late']);
    expect(await names({ start_time: startMs + 1, end_time: middle })).toEqual(['b::slow', 'c::fails']);
    expect(await names({ attributes: [['iii.function.id', 'd::late']] })).toEqual(['d::late']);
    expect(await names({ attributes: { 'iii.function.id': 'nobody' } })).toEqual([]);
    expect(await names({ search: 'NO TEA' })).toEqual(['c::fails']);
    expect(await names({ search: '(a+)+$' })).toEqual([]);
    const { spans } = await otel.list({ name: 'slow' });
    expect(await names({ trace_id: spans[0]!.trace_id })).toEqual(['b::slow']);
    expect(await names({ sort_by: 'duration', sort_order: 'desc' })).toEqual(['b::slow', 'd::late', 'a::fast', 'c::fails']);
    expect(await names({ sort_by: 'name', sort_order: 'desc' })).toEqual(['d::late', 'c::fails', 'b::slow', 'a::fast']);
  });

  it('hide what tools ask the engine, unless asked for', async () => {
    await using otel = await start();
    await otel.run('mine');
    await otel.call('engine::functions::list');
    expect((await otel.list()).spans.map(({ name }) => name)).toEqual(['invoke mine']);
    const all = (await otel.list({ include_internal: true })).spans.map(({ name }) => name);
    expect(all).toEqual(expect.arrayContaining(['invoke mine', 'invoke engine::functions::list', 'invoke engine::traces::list']));
  });

  it('hold nothing of what tools look at under a mark of their own, whoever decides otherwise', async () => {
    await using otel = await start({ sampling: { parent_based: false } });
    const marked = { traceparent: `00-${'ab'.repeat(16)}-${'cd'.repeat(8)}-00` };
    await otel.host.functions.invoke('engine::functions::list', {}, { trace: marked });
    expect((await otel.list({ trace_id: 'ab'.repeat(16), include_internal: true })).spans).toEqual([]);
    otel.host.functions.register({ id: 'mine' }, () => 1);
    await otel.host.functions.invoke('mine', {}, { trace: marked });
    expect((await otel.list()).spans.map(({ name }) => name)).toEqual(['invoke mine']);
  });

  it('are listed by their first span, whatever came after it', async () => {
    await using otel = await start();
    const sink = otel.host.service(TelemetrySinkRef);
    const request = sink.startSpan('POST /orders', { kind: 'server' });
    request.end();
    await otel.clock.advance('1m');
    // A message that is delivered later names its parent by ids alone, and so does its redelivery.
    for (const attempt of [1, 2]) {
      const span = sink.startSpan(`process order ${attempt}`, { kind: 'consumer', parent: { traceparent: request.context.traceparent } });
      await otel.clock.advance(10);
      expect((await otel.list()).spans.map(({ name, in_flight: isRunning }) => [name, isRunning])).toEqual([['POST /orders', true]]);
      span.end();
    }
    expect((await otel.list()).spans).toMatchObject([{ name: 'POST /orders', span_count: 3 }]);
    expect((await otel.list()).spans[0]).not.toHaveProperty('in_flight');
    // One that began elsewhere is listed by what came of it first.
    const foreign = { traceparent: `00-${'ab'.repeat(16)}-${'cd'.repeat(8)}-01` };
    for (const name of ['GET /a', 'process b']) sink.startSpan(name, { kind: 'server', parent: { ...foreign } }).end();
    expect((await otel.list({ trace_id: 'ab'.repeat(16) })).spans.map(({ name }) => name)).toEqual(['GET /a']);
  });

  it('are found by a span inside, with search_all_spans', async () => {
    await using otel = await start();
    await otel.run('inner');
    otel.host.functions.register({ id: 'outer' }, (_payload, call) => otel.host.functions.invoke('inner', {}, { parent: call }));
    await otel.call('outer');
    expect((await otel.list({ name: 'inner' })).spans.map(({ name }) => name)).toEqual(['invoke inner']);
    expect((await otel.list({ name: 'inner', search_all_spans: true })).spans.map(({ name }) => name).sort()).toEqual(['invoke inner', 'invoke outer']);
  });

  it('come in pages that neither miss nor repeat one, whatever is added meanwhile', async () => {
    await using otel = await start();
    for (let n = 0; n < 25; n += 1) {
      await otel.clock.advance(1);
      await otel.run(`f${String(n).padStart(2, '0')}`);
    }
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await otel.list({ limit: 10, ...(cursor === undefined ? {} : { cursor }) });
      seen.push(...page.spans.map(({ name }) => name.slice(7)));
      cursor = page.next_cursor;
      if (seen.length !== 10) continue;
      await otel.clock.advance(1);
      await otel.run('f99');
    } while (cursor !== undefined);
    expect(seen).toEqual([...Array.from({ length: 25 }, (_, n) => `f${String(n).padStart(2, '0')}`), 'f99']);
    expect((await otel.list({ offset: 24, limit: 5 })).spans.map(({ name }) => name)).toEqual(['invoke f24', 'invoke f99']);
  });

  it('show spans before they end', async () => {
    await using otel = await start();
    let finish: (() => void) | undefined;
    const running = otel.run('long', () => new Promise<void>((resolve) => (finish = resolve)));
    await otel.clock.advance('3s');
    const { spans } = await otel.list();
    expect(spans).toMatchObject([{ name: 'invoke long', in_flight: true, end_time_unix_nano: null, duration_ms: 3_000, is_slow: true }]);
    const { roots } = await otel.call<TreeShown>('engine::traces::tree', { trace_id: spans[0]!.trace_id });
    expect(roots).toMatchObject([{ in_flight: true }]);
    expect((await otel.list({ slow: true })).total).toBe(1);
    finish?.();
    await running;
    const [ended] = (await otel.list()).spans;
    expect(ended).toMatchObject({ span_id: spans[0]!.span_id, duration_ms: 3_000 });
    expect(ended).not.toHaveProperty('in_flight');
    expect((await otel.list()).total).toBe(1);
  });

  it('can be forgotten', async () => {
    await using otel = await start();
    await otel.run('a');
    expect(await otel.call('engine::traces::clear')).toEqual({ success: true });
    expect(await otel.list()).toMatchObject({ spans: [], total: 0 });
    await otel.run('b');
    expect((await otel.list()).total).toBe(1);
  });

  it('go when they are too old', async () => {
    await using otel = await start({ traces_retention_seconds: 60 });
    await otel.run('a');
    expect((await otel.list()).total).toBe(1);
    await otel.clock.advance('2m');
    await otel.run('b');
    await otel.clock.advance('2s');
    expect((await otel.list()).spans.map(({ name }) => name)).toEqual(['invoke b']);
  });

  it('are held for a sixteenth longer than they should be at most, however little happens', async () => {
    const retentionSeconds = 320;
    await using otel = await start({ traces_retention_seconds: retentionSeconds });
    let oldestSeconds = 0;
    for (let n = 0; n < 120; n += 1) {
      // Every other one has an error: what is notable goes in its time, too.
      await otel.run(`at ${String(n * 10)}`, () => { if (n % 2 === 0) throw new Error('no tea'); });
      await otel.clock.advance('10s');
      if (n < 40 || n % 5 > 0) continue;
      const { spans } = await otel.list({ limit: 200 });
      const ages = spans.map(({ name }) => (n + 1) * 10 - Number(name.split(' ').at(-1)));
      oldestSeconds = Math.max(oldestSeconds, ...ages);
      // And nothing goes too early.
      expect(ages.filter((age) => age <= retentionSeconds)).toHaveLength(retentionSeconds / 10);
    }
    expect(oldestSeconds).toBeGreaterThan(retentionSeconds - 20);
    // One round of the module, and one time between two traces.
    expect(oldestSeconds).toBeLessThanOrEqual(retentionSeconds * (17 / 16) + 20);
  }, 20_000);

  it('O2 hold every hop: worker calls with transit and handler, nested calls, errors', async () => {
    await using otel = await start();
    await otel.run('store');
    await using worker = await connectTestWorker(otel.host, {
      functions: {
        'steps::order': async (_payload, call) => {
          await worker.invoke('store', {}, { parent: call });
          await worker.invoke('missing', {}, { parent: call }).catch(() => undefined);
          throw new Error('out of tea');
        },
      },
    });
    await otel.host.functions.invoke('steps::order', {}, { trigger: { id: 't', type: 'http' } }).catch(() => undefined);
    const [root] = (await otel.list({ name: 'steps::order' })).spans;
    expect(root).toMatchObject({ has_error: true, span_count: 2 });
    const { roots, span_count: count } = await otel.call<TreeShown>('engine::traces::tree', { trace_id: root!.trace_id });
    expect(count).toBe(2);
    expect(roots[0]).toMatchObject({ name: 'invoke steps::order', status: 'error', status_description: expect.stringContaining('out of tea'), children: [{ name: 'invoke store', children: [] }] });
    expect(roots[0]!.events[0]).toMatchObject({ name: 'exception' });
    expect(attribute(roots[0]!, 'iii.trigger.type')).toBe('http');
    expect(typeof attribute(roots[0]!, 'iii.handler_ms')).toBe('number');
  });

  it('show trees whole, in parts, and flat page by page', async () => {
    await using otel = await start();
    const { functions } = otel.host;
    functions.register({ id: 'leaf' }, () => otel.clock.advance(1));
    functions.register({ id: 'node' }, async (payload, call) => {
      const { depth } = payload as { depth: number };
      await functions.invoke('leaf', {}, { parent: call });
      if (depth > 0) for (const _ of [1, 2]) await functions.invoke('node', { depth: depth - 1 }, { parent: call });
    });
    await functions.invoke('node', { depth: 3 });
    const [root] = (await otel.list()).spans;
    const tree = (query: object): Promise<TreeShown> => otel.call('engine::traces::tree', { trace_id: root!.trace_id, ...query });
    const whole = await tree({});
    expect([whole.span_count, whole.returned, whole.truncated]).toEqual([30, 30, undefined]);
    expect(whole.roots[0]!.children.map(({ name }) => name)).toEqual(['invoke leaf', 'invoke node', 'invoke node']);
    const cut = await tree({ limit: 5 });
    expect([cut.returned, cut.truncated]).toEqual([5, true]);
    const shallow = await tree({ max_depth: 2 });
    expect(shallow.roots[0]!.children[1]).toMatchObject({ children: [], children_omitted: 3 });
    const below = await tree({ root_span_id: shallow.roots[0]!.children[1]!.span_id });
    expect(below.roots[0]!.children).toHaveLength(3);
    const flat: TreeShown['spans'][number][] = [];
    for (let cursor: string | undefined; ; ) {
      const page: TreeShown = await tree({ flat: true, limit: 7, search: 'leaf', ...(cursor === undefined ? {} : { cursor }) });
      flat.push(...page.spans);
      cursor = page.next_cursor;
      if (cursor === undefined) break;
    }
    expect(flat.map(({ span_id: id }) => id).length).toBe(new Set(flat.map(({ span_id: id }) => id)).size);
    expect([flat.length, flat.filter(({ matches }) => matches === true).length, flat[0]!.depth, flat[0]!.child_count, flat[1]!.depth]).toEqual([30, 15, 0, 3, 1]);
  });

  it('split the time of a span by what its children say', async () => {
    await using otel = await start();
    const { functions } = otel.host;
    functions.register({ id: 'state::set' }, () => otel.clock.advance(7));
    functions.register({ id: 'outer' }, (_payload, call) => functions.invoke('state::set', {}, { parent: call }));
    await functions.invoke('outer', {});
    const [root] = (await otel.list()).spans;
    const { roots } = await otel.call<TreeShown>('engine::traces::tree', { trace_id: root!.trace_id });
    expect(roots[0]!.time_split).toEqual({ wait_ms: 0, transit_ms: 0, handler_ms: 0, store_ms: 7 });
  });

  it('say when there is nothing of a trace', async () => {
    await using otel = await start();
    await expect(otel.call('engine::traces::tree', { trace_id: 'a'.repeat(32) })).rejects.toMatchObject({ code: 'MOTIA_OTEL_TRACE_NOT_FOUND', status: 404 });
  });
});

describe('queries that cannot be answered', () => {
  it.each([
    ['engine::traces::list', { trace_id: 'x' }, 'trace_id'],
    ['engine::traces::list', { limit: 0 }, 'limit'],
    ['engine::traces::list', { limit: 1.5 }, 'limit'],
    ['engine::traces::list', { offset: -1 }, 'offset'],
    ['engine::traces::list', { cursor: 'nonsense' }, 'cursor'],
    ['engine::traces::list', { cursor: Buffer.from('["duration:asc",1,"x"]').toString('base64url') }, 'cursor'],
    ['engine::traces::list', { sort_by: 'size' }, 'sort_by'],
    ['engine::traces::list', { status: 'bad' }, 'status'],
    ['engine::traces::list', { attributes: [['a']] }, 'attributes'],
    ['engine::traces::list', { start_time: 'yesterday' }, 'start_time'],
    ['engine::traces::list', { slow: 'yes' }, 'slow'],
    ['engine::traces::list', [], ''],
    ['engine::traces::tree', {}, 'trace_id'],
    ['engine::traces::tree', { trace_id: 'a'.repeat(32), cursor: 'x' }, 'cursor'],
    ['engine::logs::list', { severity_text: 'loud' }, 'severity_text'],
    ['engine::logs::list', { span_id: 'x' }, 'span_id'],
    ['engine::logs::list', { cursor: 'x' }, 'cursor'],
    ['engine::metrics::list', { aggregate_interval: 0 }, 'aggregate_interval'],
    ['engine::metrics::list', { start_time: 2, end_time: 1 }, 'start_time'],
    ['engine::rollups::list', { level: 3 }, 'level'],
    ['engine::baggage::get', {}, 'key'],
    ['engine::baggage::set', { key: 'a b', value: 'x' }, 'key'],
  ])('%s with %j is told what is wrong', async (id, payload, path) => {
    await using otel = await startOtel();
    await expect(otel.call(id, payload)).rejects.toMatchObject({ code: 'MOTIA_OTEL_INVALID_QUERY', status: 400, details: { problems: [{ path }] } });
  });

  it('takes limits down to what is allowed, and says so', async () => {
    await using otel = await startOtel();
    expect(await otel.list({ limit: 1e9 })).toMatchObject({ limit: 1_000, clamped: true });
    expect(await otel.call('engine::logs::list', { limit: 1e9 })).toMatchObject({ clamped: true });
  });

  it('tells who asks for what is sent elsewhere', async () => {
    await using otel = await startOtel({ exporter: 'otlp', endpoint: 'http://127.0.0.1:9', logs_exporter: 'otlp', metrics_enabled: false });
    await expect(otel.list()).rejects.toMatchObject({ code: 'MOTIA_OTEL_NOT_STORED', details: { option: 'exporter', legacyCode: 'memory_exporter_not_enabled' } });
    await expect(otel.call('engine::logs::list')).rejects.toMatchObject({ code: 'MOTIA_OTEL_NOT_STORED' });
    await expect(otel.call('engine::metrics::list')).rejects.toMatchObject({ code: 'MOTIA_OTEL_NOT_STORED' });
  });
});
