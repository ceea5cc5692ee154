import { TelemetrySinkRef, type AnyAdapterDefinition, type ModuleUse, type OpenSpan } from '@motia/engine-core/contract';
import { ManualClock, startTestHost, type TestHost } from '@motia/engine-core/testing';
import type { SpanView, TraceView } from '../query/span-view.js';
import type { ConformanceRunner } from './exporter-conformance.js';

/** One storage for one test: started any number of times, one after the other, over the same content. */
export interface StorageHarness extends AsyncDisposable {
  /** The module with options that choose the storage, and what else it needs: `[otel({ adapter: { class } })]`. */
  readonly modules: readonly ModuleUse[];
  /** Definitions of adapters that no module of `modules` brings. */
  readonly definitions?: readonly AnyAdapterDefinition[];
}

export interface StorageConformanceOptions {
  readonly name: string;
  readonly survivesRestarts: boolean;
  readonly start: () => Promise<StorageHarness>;
}

type ShownSpan = SpanView & Partial<TraceView>;
interface TracesShown {
  readonly spans: readonly ShownSpan[];
  readonly total: number;
  readonly next_cursor?: string;
}
interface LogsShown {
  readonly logs: readonly { readonly id: string; readonly body: string; readonly attributes: unknown; readonly trace_id: string | null }[];
  readonly total: number;
  readonly older?: number;
  readonly next_cursor?: string;
  readonly newest_cursor?: string;
}

/** What every storage of telemetry promises, seen through the functions of the module: `storageConformance({ describe, it, expect }, { … })`. */
export function storageConformance({ describe, it, expect }: ConformanceRunner, { name, survivesRestarts, start }: StorageConformanceOptions): void {
  describe(`${name} as a storage of telemetry`, () => {
    const run = async (test: (engine: Running, restart: () => Promise<Running>) => Promise<void>): Promise<void> => {
      await using harness = await start();
      const clock = new ManualClock();
      let engine = await open(harness, clock);
      try {
        await test(engine, async () => {
          await engine.host.stop();
          engine = await open(harness, clock);
          return engine;
        });
      } finally {
        await engine.host.stop();
      }
    };

    it('gives spans back as they were recorded', () =>
      run(async ({ span, tree, clock }) => {
        const parent = span('GET /teas', { kind: 'server', attributes: { text: 'täxt', whole: 12, part: 0.5, yes: true } });
        await clock.advance(3);
        const child = span('brew', { parent: parent.context });
        child.event('boiling', { degrees: 99 });
        await clock.advance(4);
        child.end({ error: new Error('no tea') });
        parent.end();
        const spans = await tree(parent);
        expect(spans.map(({ name: is, status, duration_ms: ms }) => [is, status, ms])).toEqual([['GET /teas', 'unset', 7], ['brew', 'error', 4]]);
        const [first, second] = spans;
        expect([first?.parent_span_id, second?.parent_span_id === first?.span_id, second?.status_description]).toEqual([null, true, 'no tea']);
        expect(['text', 'whole', 'part', 'yes'].map((key) => first?.attributes.find(([known]) => known === key)?.[1])).toEqual(['täxt', 12, 0.5, true]);
        expect(second?.events.some(({ name: is }) => is === 'boiling')).toEqual(true);
      }));

    it('lists traces by their beginning, whatever ended first', () =>
      run(async ({ span, list, clock }) => {
        const root = span('begins');
        const child = span('goes on', { parent: root.context });
        root.end();
        await clock.advance(1_500);
        expect((await list()).spans.map(({ name: is, in_flight: open }) => [is, open === true])).toEqual([['begins', true]]);
        child.end({ error: new Error('late') });
        expect((await list()).spans.map(({ name: is, in_flight: open, has_error: failed, span_count: count }) => [is, open === true, failed, count])).toEqual([['begins', false, true, 2]]);
      }));

    it('shows spans before they have ended, and once after', () =>
      run(async ({ span, list, tree, clock }) => {
        const open = span('runs');
        await clock.advance(600);
        expect((await list()).spans.map(({ in_flight: isOpen }) => isOpen)).toEqual([true]);
        expect((await tree(open)).map(({ in_flight: isOpen, duration_ms: ms }) => [isOpen, ms])).toEqual([[true, 600]]);
        open.end();
        expect((await tree(open)).map(({ in_flight: isOpen, duration_ms: ms }) => [isOpen, ms])).toEqual([[undefined, 600]]);
        expect((await list()).total).toEqual(1);
      }));

    it('finds traces by every filter, in every order', () =>
      run(async ({ span, list, clock }) => {
        const startMs = clock.now();
        for (const [n, tea] of ['assam', 'bancha', 'ceylon'].entries()) {
          const each = span(tea, { attributes: { cups: n } });
          await clock.advance(2_000 - n * 900);
          each.end(n === 1 ? { error: new Error('bitter') } : {});
        }
        const names = async (query: object): Promise<string> => (await list(query)).spans.map(({ name: is }) => is[0]).join('');
        expect([await names({}), await names({ sort_order: 'desc' }), await names({ sort_by: 'duration' }), await names({ sort_by: 'name', sort_order: 'desc' })]).toEqual(['abc', 'cba', 'cba', 'cba']);
        expect([await names({ name: 'BAN' }), await names({ error: true }), await names({ slow: true }), await names({ status: 'error' })]).toEqual(['b', 'b', 'ab', 'b']);
        expect([await names({ min_duration_ms: 1_100 }), await names({ max_duration_ms: 200 }), await names({ start_time: startMs + 1_000 }), await names({ end_time: startMs + 1_000 })]).toEqual(['ab', 'c', 'bc', 'a']);
        expect([await names({ attributes: [['cups', '2']] }), await names({ search: 'bitter' }), await names({ offset: 1, limit: 1 })]).toEqual(['c', 'b', 'b']);
      }));

    it('gives traces out in pages that neither miss nor repeat one', () =>
      run(async ({ span, list, clock }) => {
        for (let n = 0; n < 25; n += 1) {
          span(`t${String(n)}`).end();
          if (n % 3 === 0) await clock.advance(1);
        }
        const seen: string[] = [];
        for (let cursor: string | undefined; ; ) {
          const page = await list({ limit: 10, ...(cursor === undefined ? {} : { cursor }) });
          seen.push(...page.spans.map(({ name: is }) => is));
          if (page.next_cursor === undefined) break;
          cursor = page.next_cursor;
        }
        expect([seen.length, new Set(seen).size]).toEqual([25, 25]);
      }));

    it('keeps log records in the order in which they came', () =>
      run(async ({ host, logs }) => {
        for (let n = 0; n < 12; n += 1) host.logger.child({ traceId: (n % 2 === 0 ? 'ab' : 'cd').repeat(16) })[n < 10 ? 'info' : 'warn'](`tea ${String(n)}`, { n });
        const bodies = async (query: object): Promise<string> => (await logs(query)).logs.map(({ body }) => body.slice(4)).join(' ');
        expect(await bodies({ limit: 3 })).toEqual('11 10 9');
        expect([await bodies({ severity_min: 13 }), await bodies({ trace_id: 'ab'.repeat(16), limit: 2 }), await bodies({ search: '"n":7' })]).toEqual(['11 10', '10 8', '7']);
        const first = await logs({ limit: 5 });
        const rest = await logs({ limit: 50, cursor: first.next_cursor });
        expect([first.older, rest.logs.length, first.total, new Set([...first.logs, ...rest.logs].map(({ id }) => id)).size]).toEqual([7, 7, 12, 12]);
        host.logger.info('tea after');
        expect((await logs({ after: first.newest_cursor })).logs.map(({ body }) => body)).toEqual(['tea after']);
      }));

    it('forgets on demand', () =>
      run(async ({ host, span, list, logs }) => {
        span('a').end();
        host.logger.info('tea');
        expect([(await list()).total, (await logs({})).total]).toEqual([1, 1]);
        await host.functions.invoke('engine::traces::clear', {});
        await host.functions.invoke('engine::logs::clear', {});
        expect([(await list()).total, (await logs({})).total]).toEqual([0, 0]);
        span('b').end();
        expect((await list()).spans.map(({ name: is }) => is)).toEqual(['b']);
      }));

    if (!survivesRestarts) return;
    it('has everything after a restart, and goes on', () =>
      run(async (before, restart) => {
        const parent = before.span('before');
        before.span('child', { parent: parent.context }).end();
        parent.end();
        before.host.logger.info('tea before', { left: 2 });
        const { span, list, tree, logs, host } = await restart();
        expect((await tree(parent)).map(({ name: is }) => is)).toEqual(['before', 'child']);
        expect((await logs({})).logs.map(({ body, attributes }) => [body, attributes])).toEqual([['tea before', { left: 2 }]]);
        span('after').end();
        host.logger.info('tea after');
        expect((await list({ sort_by: 'name' })).spans.map(({ name: is }) => is)).toEqual(['after', 'before']);
        expect((await logs({})).logs.map(({ body }) => body)).toEqual(['tea after', 'tea before']);
      }));
  });
}

interface Running {
  readonly host: TestHost<ManualClock>;
  readonly clock: ManualClock;
  span(name: string, options?: { readonly kind?: 'server'; readonly attributes?: Readonly<Record<string, string | number | boolean>>; readonly parent?: OpenSpan['context'] }): OpenSpan;
  list(query?: object): Promise<TracesShown>;
  /** Spans of a trace, parents before their children. */
  tree(of: OpenSpan): Promise<readonly ShownSpan[]>;
  /** Those of the suite: an engine logs by itself, too. */
  logs(query: object): Promise<LogsShown>;
}

async function open({ modules, definitions }: StorageHarness, clock: ManualClock): Promise<Running> {
  const host = await startTestHost(modules, { clock, ...(definitions === undefined ? {} : { definitions }) });
  const sink = host.service(TelemetrySinkRef);
  const call = <T>(id: string, payload: object): Promise<T> => host.functions.invoke(id, payload) as Promise<T>;
  return {
    host,
    clock,
    span: (name, options = {}) => sink.startSpan(name, { kind: 'internal', ...options }),
    list: (query = {}) => call('engine::traces::list', query),
    tree: async (of) => (await call<{ readonly spans: readonly ShownSpan[] }>('engine::traces::tree', { trace_id: of.context.traceparent.slice(3, 35), flat: true })).spans,
    logs: (query) => call('engine::logs::list', { search: 'tea', ...query }),
  };
}
