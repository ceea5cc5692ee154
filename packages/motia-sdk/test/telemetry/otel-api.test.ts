import { context, propagation, SpanKind, SpanStatusCode, trace, type Span } from '@opentelemetry/api';
import * as api from '@opentelemetry/api';
import { afterEach, describe, expect, it } from '@jest/globals';
import { AsyncLocalStorage } from 'node:async_hooks';
import { http, logger, type FlowContext } from '../../src/index.js';
import { installOpenTelemetry } from '../../src/telemetry/otel-api/install-api.js';
import { serving } from '../support/scripted-engine.js';

type Ctx = FlowContext<never, unknown>;
const id = 'steps::O::trigger::http(GET /o)';
const traceId = '0af7651916cd43dd8448eb211c80319c';
const callSpan = 'b7ad6b7169203331';
const routed = (handler: (ctx: Ctx) => unknown): object => ({ config: { name: 'O', triggers: [http('GET', '/o')] }, handler: (_req: unknown, ctx: Ctx) => handler(ctx) });
const functions = { 'state::get': () => null, other: () => null };

describe('what libraries tell the OpenTelemetry API in a handler', () => {
  let restore: (() => void) | undefined;
  const install = (): void => void (restore = installOpenTelemetry(api, []));
  afterEach(() => restore?.());

  it('O2 lands in the trace of the call: nested, over awaits, with attributes, events, errors and the name of the library', async () => {
    install();
    await using engine = await serving(
      [
        routed(async () => {
          const tracer = trace.getTracer('acme-db', '2.1');
          await tracer.startActiveSpan('outer', { kind: SpanKind.CLIENT, attributes: { table: 'orders' } }, async (outer) => {
            await Promise.resolve();
            const inner = tracer.startSpan('inner', { startTime: new Date(5000) });
            inner.addEvent('retry', { n: 1 }).recordException(new TypeError('no such row'));
            inner.setStatus({ code: SpanStatusCode.ERROR, message: 'failed' });
            inner.end(new Date(7000));
            outer.end();
          });
        }),
      ],
      { telemetry: true },
    );
    await engine.invoke(id, {}, { timed: true });
    const [inner, outer] = await engine.spans(2);
    expect(outer).toMatchObject({ name: 'outer', scope: 'acme-db', kind: 3, traceId, parentSpanId: callSpan, attributes: [{ key: 'table', value: { stringValue: 'orders' } }], status: {} });
    expect(inner).toMatchObject({ name: 'inner', kind: 1, traceId, parentSpanId: outer?.spanId, startTimeUnixNano: '5000000000', endTimeUnixNano: '7000000000', status: { code: 2, message: 'failed' }, events: [{ name: 'retry' }, { name: 'exception' }] });
  });

  it('O2 what the handler asks of the engine inside such a span, and what it logs, belongs to that span', async () => {
    install();
    let active: string | undefined;
    await using engine = await serving(
      [
        routed(async (ctx) => {
          await trace.getTracer('acme').startActiveSpan('mine', async (span) => {
            active = span.spanContext().spanId;
            await ctx.invoke('other');
            await ctx.state.get('a', 'b');
            ctx.logger.info('inside');
            span.end();
          });
          logger.info('outside');
        }),
      ],
      { functions, telemetry: true },
    );
    await engine.invoke(id, {}, { timed: true });
    expect(engine.calls[0]?.params.trace?.traceparent).toBe(`00-${traceId}-${active}-01`);
    const spans = await engine.spans(2);
    expect(spans.map(({ name, parentSpanId }) => [name, parentSpanId])).toEqual([['state::get', active], ['mine', callSpan]]);
    expect((await engine.log(({ message }) => message === 'inside')).spanId).toBe(active);
    expect((await engine.log(({ message }) => message === 'outside')).spanId).toBe(callSpan);
  });

  it('O1 is nothing for a call that is not recorded, and carries its context on all the same', async () => {
    install();
    const carrier: Record<string, string> = {};
    let span: Span | undefined;
    await using engine = await serving([routed(() => { span = trace.getTracer('acme').startSpan('x'); span.end(); propagation.inject(context.active(), carrier); })], { telemetry: true });
    await engine.invoke(id, {});
    await engine.served?.close();
    expect(span?.isRecording()).toBe(false);
    expect(engine.telemetry).toEqual([]);
    expect(carrier).toEqual({ traceparent: `00-${traceId}-${callSpan}-01` });
    const extracted = trace.getSpanContext(propagation.extract(api.ROOT_CONTEXT, { traceparent: `00-${'1'.repeat(32)}-${'2'.repeat(16)}-01` }));
    expect(extracted).toMatchObject({ traceId: '1'.repeat(32), spanId: '2'.repeat(16), isRemote: true });
  });

  it('one call never sees the span of another', async () => {
    install();
    const seen: (string | undefined)[] = [];
    let release!: () => void;
    const gate = new Promise<void>((resolve) => (release = resolve));
    await using engine = await serving([
      routed(async () => {
        await trace.getTracer('acme').startActiveSpan('held', async (span) => {
          await gate;
          seen.push(trace.getActiveSpan()?.spanContext().spanId === span.spanContext().spanId ? 'own' : 'foreign');
          span.end();
        });
      }),
    ], { telemetry: true });
    const calls = ['1', '2', '3'].map((n) => engine.invoke(id, {}, { timed: true, trace: { traceparent: `00-${n.repeat(32)}-${n.repeat(16)}-01` } }));
    release();
    await Promise.all(calls);
    expect(seen).toEqual(['own', 'own', 'own']);
    expect((await engine.spans(3)).map(({ traceId: of, parentSpanId }) => [of[0], parentSpanId?.[0]]).sort()).toEqual([['1', '1'], ['2', '2'], ['3', '3']]);
    expect(trace.getActiveSpan()).toBeUndefined();
  });

  it('#61 is bounded: too many spans are counted, too much in one of them is cut with a marker', async () => {
    install();
    await using engine = await serving(
      [
        routed(() => {
          const span = trace.getTracer('acme').startSpan('big', { attributes: { text: 'x'.repeat(10_000_000) } });
          for (let n = 0; n < 200; n += 1) span.setAttribute(`a${n}`, n).addEvent('e');
          span.end();
          for (let n = 0; n < 100_000; n += 1) trace.getTracer('acme').startSpan('many').end();
        }),
      ],
      { telemetry: true },
    );
    await engine.invoke(id, {}, { timed: true });
    const spans = await engine.spans(2048);
    expect(spans).toHaveLength(2048);
    const big = spans.find(({ name }) => name === 'big');
    expect(big?.attributes).toHaveLength(128);
    expect(big?.attributes[0]?.value['stringValue']).toMatch(/^x{4096}… \(10000000 characters\)$/);
    expect([big?.droppedAttributesCount, big?.events?.length]).toEqual([73, 128]);
    expect(JSON.stringify(engine.telemetry.find(({ signal }) => signal === 'metrics'))).toContain('"asInt":"97953"');
  });

  it('goes to the provider of the app where it has one, below the same trace', async () => {
    const own = new AsyncLocalStorage<api.Context>();
    context.setGlobalContextManager({ active: () => own.getStore() ?? api.ROOT_CONTEXT, with: (ctx, fn, self, ...args) => own.run(ctx, () => fn.apply(self as never, args as never)), bind: (_ctx, target) => target, enable() { return this; }, disable() { return this; } });
    const started: (string | undefined)[] = [];
    const tracer = { startSpan: () => { started.push(trace.getSpanContext(context.active())?.traceId); return trace.wrapSpanContext(api.INVALID_SPAN_CONTEXT); }, startActiveSpan: () => { throw new Error('not used'); } };
    trace.setGlobalTracerProvider({ getTracer: () => tracer as never });
    install();
    try {
      await using engine = await serving([routed(async () => { await Promise.resolve(); trace.getTracer('acme').startSpan('theirs').end(); })], { telemetry: true });
      await engine.invoke(id, {}, { timed: true });
      expect(started).toEqual([traceId]);
      restore?.();
      restore = undefined;
      trace.getTracer('acme').startSpan('still theirs');
      expect(started).toHaveLength(2);
    } finally {
      context.disable();
      trace.disable();
    }
  });
});
