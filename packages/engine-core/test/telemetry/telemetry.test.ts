import { afterEach, describe, expect, it } from '@jest/globals';
import { context, ROOT_CONTEXT, SpanStatusCode, trace, type Context, type Span, type SpanContext, type SpanOptions } from '@opentelemetry/api';
import type { OpenSpan, TelemetrySink } from '../../src/contract/telemetry.js';
import { connectTestWorker } from '../../src/testing/connect-test-worker.js';
import { isTraceparent, newTraceContext, randomHex } from '../../src/telemetry/trace-context.js';
import { failureOf, startKernel, turns } from '../functions/start-kernel.js';

interface Recorded {
  readonly name: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly parent: string | undefined;
  readonly traceparent: string;
  outcome?: { readonly error?: unknown };
}

function recordingSink(spans: Recorded[], exports: unknown[] = []): TelemetrySink {
  return {
    log: () => undefined,
    otlp: (...args) => void exports.push(args),
    startSpan(name, { parent, common, attributes: own }): OpenSpan {
      const attributes = { ...common, ...own };
      const traceId = parent?.traceparent.slice(3, 35) ?? randomHex(32);
      const recorded: Recorded = { name, attributes, parent: parent?.traceparent, traceparent: `00-${traceId}-${randomHex(16)}-01` };
      spans.push(recorded);
      return {
        context: { traceparent: recorded.traceparent },
        setAttribute: () => undefined,
        event: () => undefined,
        end: (outcome = {}) => void (recorded.outcome = outcome),
      };
    },
  };
}

describe('telemetry', () => {
  it('records nothing and carries the context on while nobody listens', () => {
    const { kernel } = startKernel();
    expect(kernel.telemetry.recording).toBe(false);
    const parent = kernel.telemetry.newTrace();
    expect(isTraceparent(parent.traceparent)).toBe(true);
    expect(kernel.telemetry.startSpan('x', { kind: 'internal', parent }).context).toBe(parent);
    expect(isTraceparent(kernel.telemetry.startSpan('x', { kind: 'internal' }).context.traceparent)).toBe(true);
  });

  it('O2 opens one span per call, in one trace, with what the call was and how it ended', async () => {
    await using host = startKernel();
    const spans: Recorded[] = [];
    host.kernel.telemetry.setSink(recordingSink(spans));
    host.kernel.functions.register({ id: 'inner' }, () => {
      throw new Error('inside');
    });
    let seen: string | undefined;
    await using worker = await connectTestWorker(host.kernel, {
      functions: {
        outer: async (_payload, call) => {
          seen = call.params.trace!.traceparent;
          await worker.invoke('inner', {}, { parent: call }).catch(() => undefined);
          return 1;
        },
      },
    });
    const root = newTraceContext();
    await host.kernel.functions.invoke('outer', {}, { trace: root, trigger: { id: 'trg_1', type: 'http' } });
    const [outer, inner] = spans as [Recorded, Recorded];
    expect(outer).toMatchObject({ name: 'invoke outer', parent: root.traceparent, attributes: { 'iii.function.id': 'outer', 'iii.function.kind': 'worker', 'iii.trigger.type': 'http', 'iii.attempt': 1 }, outcome: {} });
    expect(seen).toBe(outer.traceparent);
    expect(inner).toMatchObject({ name: 'invoke inner', parent: outer.traceparent, attributes: { 'iii.function.kind': 'internal' }, outcome: { error: expect.objectContaining({ code: 'MOTIA_ENGINE_HANDLER_FAILED' }) } });
    host.kernel.telemetry.setSink(undefined);
    await host.kernel.functions.invoke('outer', {});
    expect(spans).toHaveLength(2);
  });

  it('O1 never fails a call because a sink throws', async () => {
    await using host = startKernel();
    const broken = (): never => {
      throw new Error('exporter down');
    };
    host.kernel.telemetry.setSink({ log: broken, otlp: broken, startSpan: broken });
    host.kernel.functions.register({ id: 'f' }, () => 'fine');
    await using worker = await connectTestWorker(host.kernel, {});
    await expect(worker.invoke('f')).resolves.toBe('fine');
    worker.endpoint.notify('telemetry/emit', { signal: 'traces', otlp: {} });
    await turns();
    expect(host.kernel.counters.telemetryFailures).toBe(2);
  });

  it('hands what workers export to the sink, with the id that the engine gave them', async () => {
    await using host = startKernel();
    const exports: unknown[] = [];
    host.kernel.telemetry.setSink(recordingSink([], exports));
    await using worker = await connectTestWorker(host.kernel, {});
    worker.endpoint.notify('telemetry/emit', { signal: 'metrics', otlp: { resourceMetrics: [] } });
    await turns();
    expect(exports).toEqual([[worker.handle.id, 'metrics', { resourceMetrics: [] }]]);
  });
});

describe('the tracer of the program around the engine', () => {
  afterEach(() => {
    trace.disable();
  });

  it('is not loaded and not used while the program has none', async () => {
    await using host = startKernel();
    await host.kernel.telemetry.useHostTracer();
    expect(host.kernel.telemetry.recording).toBe(false);
  });

  it('gets the spans of calls, as children of their parents', async () => {
    const spans: { name: string; options: SpanOptions; parent: SpanContext | undefined; status?: unknown; ended: boolean; context: SpanContext }[] = [];
    trace.setGlobalTracerProvider({
      getTracer: () => ({
        startSpan(name: string, options: SpanOptions = {}, parent: Context = ROOT_CONTEXT) {
          const record = { name, options, parent: trace.getSpanContext(parent), ended: false, context: { traceId: trace.getSpanContext(parent)?.traceId ?? randomHex(32), spanId: randomHex(16), traceFlags: 1 } };
          spans.push(record);
          return {
            spanContext: () => record.context,
            setStatus: (status: unknown) => Object.assign(record, { status }),
            recordException: () => undefined,
            end: () => (record.ended = true),
          } as unknown as Span;
        },
        startActiveSpan: () => undefined,
      }) as never,
    });
    await using host = startKernel();
    await host.kernel.telemetry.useHostTracer();
    expect(host.kernel.telemetry.recording).toBe(true);
    host.kernel.functions.register({ id: 'fails' }, () => {
      throw new Error('no');
    });
    const parent = newTraceContext();
    await failureOf(host.kernel.functions.invoke('fails', {}, { trace: { ...parent, baggage: 'k=v' } }));
    expect(spans).toEqual([expect.objectContaining({ name: 'invoke fails', parent: expect.objectContaining({ traceId: parent.traceparent.slice(3, 35), spanId: parent.traceparent.slice(36, 52), isRemote: true }), ended: true, status: { code: SpanStatusCode.ERROR, message: expect.any(String) } })]);
    expect(context.active()).toBe(ROOT_CONTEXT);
  });
});
