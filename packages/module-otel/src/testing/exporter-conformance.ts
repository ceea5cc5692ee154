import { isMotiaError, type MotiaError } from '@motia/engine-core/contract';
import type { ExporterCapability, ExportResource, TelemetryExporter } from '../export/exporter-slot.js';
import type { LogData } from '../logs/log-data.js';
import type { MetricData } from '../metrics/metric-data.js';
import type { SpanData } from '../record/span-data.js';

/** What the suite needs of a test runner. */
export interface ConformanceRunner {
  readonly describe: (title: string, body: () => void) => unknown;
  readonly it: (title: string, body: () => Promise<void>) => unknown;
  readonly expect: (actual: unknown) => { toEqual(expected: unknown): unknown };
}

/** The other end of an exporter, for the suite: a receiver that does what it is told. */
export interface ExporterHarness extends AsyncDisposable {
  readonly exporter: TelemetryExporter;
  /** Ids of spans, messages of logs and names of metrics that arrived, in the order of their arrival. */
  arrived(): Promise<{ readonly spans: readonly string[]; readonly logs: readonly string[]; readonly metrics: readonly string[] }>;
  /** `refuse`: takes nothing and will never. `busy`: not now. `hang`: no answer. `partly`: takes a batch and refuses 1 item of it. `gone`: nobody listens. */
  behave(how: 'well' | 'refuse' | 'busy' | 'hang' | 'partly' | 'gone'): Promise<void>;
}

export interface ExporterConformanceOptions {
  readonly name: string;
  readonly capabilities: readonly ExporterCapability[];
  readonly start: () => Promise<ExporterHarness>;
  /** What the receiver of this exporter can be told to do. Default: everything. */
  readonly behaviours?: readonly ('refuse' | 'busy' | 'hang' | 'partly' | 'gone')[];
}

const resource: ExportResource = { 'service.name': 'conformance', 'service.version': '1' };
const never = new AbortController().signal;

/** A span with something in every member. */
export function sampleSpan(number: number, more: Partial<SpanData> = {}): SpanData {
  return {
    traceId: 'ab'.repeat(16), spanId: (number + 1).toString(16).padStart(16, '0'), parentSpanId: number === 0 ? undefined : '1'.padStart(16, '0'), isParentRemote: false,
    name: `span ${String(number)} ü`, kind: 'client', startMs: 1_767_225_600_000.25, endMs: 1_767_225_600_012.5, status: 'error', statusText: 'no tea',
    attributes: [['text', 'täxt'], ['whole', 12], ['part', 0.5], ['yes', true], ['list', ['a', 'b']]],
    events: [{ name: 'exception', timeMs: 1_767_225_600_005, attributes: [['exception.message', 'no tea']] }],
    links: [{ traceId: 'cd'.repeat(16), spanId: 'ef'.repeat(8) }], serviceName: undefined, scope: undefined, isInternal: false, omittedAttributes: 1, omittedEvents: 2,
    ...more,
  };
}
export function sampleLog(number: number): LogData {
  return { timeMs: 1_767_225_600_000, observedMs: 1_767_225_600_001, level: 'warn', message: `log ${String(number)}`, source: 'conformance', traceId: 'ab'.repeat(16), spanId: 'cd'.repeat(8), fields: { n: number, nested: { a: [1, 'x'] } } };
}
export const sampleMetrics: readonly MetricData[] = [
  { name: 'a.counter', kind: 'counter', unit: '1', description: 'Counts', series: [{ attributes: { f: 'x' }, value: 3 }] },
  { name: 'a.gauge', kind: 'gauge', unit: 'By', description: '', series: [{ attributes: {}, value: 1.5 }] },
  { name: 'a.histogram', kind: 'histogram', unit: 'ms', description: '', series: [{ attributes: {}, distribution: { count: 2, sum: 3, min: 1, max: 2, buckets: [0, 0, 0, 1, 1, ...new Array<number>(14).fill(0)] } }] },
];

/** What every exporter promises the module: `exporterConformance({ describe, it, expect }, { … })`. */
export function exporterConformance({ describe, it, expect }: ConformanceRunner, { name, capabilities, start, behaviours = ['refuse', 'busy', 'hang', 'partly', 'gone'] }: ExporterConformanceOptions): void {
  const spans = [0, 1, 2].map((number) => sampleSpan(number));
  const send = (exporter: TelemetryExporter, signal: AbortSignal = never) => exporter.traces({ items: spans, resource }, signal);
  const failureOf = (promise: Promise<unknown>): Promise<MotiaError> =>
    promise.then(() => { throw new Error('it did not fail'); }, (error: unknown) => error as MotiaError);

  describe(`${name} as an exporter`, () => {
    if (capabilities.includes('traces')) {
      it('delivers spans', async () => {
        await using harness = await start();
        expect(await send(harness.exporter)).toEqual({ rejected: 0 });
        expect((await harness.arrived()).spans).toEqual(spans.map(({ spanId }) => spanId));
      });
    }
    if (capabilities.includes('logs')) {
      it('delivers log records', async () => {
        await using harness = await start();
        expect(await harness.exporter.logs({ items: [sampleLog(0), sampleLog(1)], resource }, never)).toEqual({ rejected: 0 });
        expect((await harness.arrived()).logs).toEqual(['log 0', 'log 1']);
      });
    }
    if (capabilities.includes('metrics')) {
      it('delivers metrics', async () => {
        await using harness = await start();
        expect(await harness.exporter.metrics({ items: sampleMetrics, resource, startMs: 1_767_225_600_000, timeMs: 1_767_225_660_000 }, never)).toEqual({ rejected: 0 });
        expect((await harness.arrived()).metrics).toEqual(['a.counter', 'a.gauge', 'a.histogram']);
      });
    }
    it('says where to, without secrets', async () => {
      await using harness = await start();
      expect(/s3cret/.test(harness.exporter.destination)).toEqual(false);
      expect(harness.exporter.destination.length > 0).toEqual(true);
    });
    const failing = [['refuse', false], ['busy', true], ['gone', true]] as const;
    for (const [behaviour, isRetryable] of failing.filter(([each]) => behaviours.includes(each))) {
      it(`tells whether to try again when the receiver is ${behaviour === 'refuse' ? 'refusing' : behaviour}`, async () => {
        await using harness = await start();
        await harness.behave(behaviour);
        const error = await failureOf(send(harness.exporter));
        expect([isMotiaError(error, 'MOTIA_OTEL_EXPORT_FAILED'), (error.details as { readonly isRetryable: boolean }).isRetryable]).toEqual([true, isRetryable]);
      });
    }
    if (behaviours.includes('hang')) {
      it('gives up when its time is up', async () => {
        await using harness = await start();
        await harness.behave('hang');
        const controller = new AbortController();
        const outcome = failureOf(send(harness.exporter, controller.signal));
        setImmediate(() => controller.abort());
        expect((await outcome).code).toEqual('MOTIA_OTEL_EXPORT_FAILED');
      });
    }
    if (behaviours.includes('partly')) {
      it('tells how much of a batch was refused', async () => {
        await using harness = await start();
        await harness.behave('partly');
        expect((await send(harness.exporter)).rejected).toEqual(1);
      });
    }
    it('goes on after a failure', async () => {
      await using harness = await start();
      if (behaviours.includes('busy')) {
        await harness.behave('busy');
        await failureOf(send(harness.exporter));
        await harness.behave('well');
      }
      expect(await send(harness.exporter)).toEqual({ rejected: 0 });
    });
  });
}
