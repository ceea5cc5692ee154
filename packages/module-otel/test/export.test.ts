import { trace } from '@opentelemetry/api';
import { describe, expect, it } from '@jest/globals';
import { ManualClock, startTestHost } from '@motia/engine-core/testing';
import { OtelServiceRef, otel, useAsGlobalTracer, type OtelInput } from '../src/index.js';
import { settingsOf } from '../src/settings.js';
import { otelOptions } from '../src/options.js';
import { startOtlpReceiver } from '../src/testing/index.js';
import { decodeRequest } from './fixtures/otlp-definitions.js';
import { startOtel, type SpanShown } from './fixtures/start-otel.js';

interface Counters {
  readonly exports: Readonly<Record<string, { readonly sent: number; readonly dropped: number; readonly failures: number; readonly waiting: number }>>;
}
const namesIn = (body: Buffer): string[] =>
  (decodeRequest('traces', body) as { resourceSpans?: { scopeSpans: { spans: { name: string }[] }[] }[] }).resourceSpans!.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans.map(({ name }) => name)));

/** On the real clock: what is tested are sockets. */
async function start(options: OtelInput) {
  const host = await startTestHost([otel({ export_interval_ms: 10, logs_flush_interval_ms: 100, metrics_export_interval_ms: 100, ...options })]);
  host.functions.register({ id: 'f' }, () => 1);
  const counters = async (signal: string) => {
    const { exports } = (await host.functions.invoke('engine::telemetry::stats', {})) as Counters;
    return Object.entries(exports).find(([name]) => name.endsWith(` ${signal}`))![1];
  };
  return { host, counters, run: () => host.functions.invoke('f', {}), [Symbol.asyncDispose]: () => host.stop() };
}

describe('a collector', () => {
  it('gets every span, log and metric of the engine, the same tree as is kept here', async () => {
    await using receiver = await startOtlpReceiver();
    await using engine = await start({ exporter: 'both', logs_exporter: 'both', metrics_exporter: 'both', endpoint: receiver.url, service_name: 'shop' });
    engine.host.functions.register({ id: 'outer' }, (_payload, call) => engine.host.functions.invoke('f', {}, { parent: call }));
    await engine.host.functions.invoke('outer', {});
    engine.host.logger.warn('hello collector');
    await receiver.until('/v1/traces');
    await receiver.until('/v1/metrics');
    await receiver.until('/v1/logs');
    const spans = receiver.received.filter(({ path }) => path === '/v1/traces').flatMap(({ body }) => (decodeRequest('traces', body) as never as { resourceSpans: { scopeSpans: { spans: { name: string; spanId: string; parentSpanId: string }[] }[] }[] }).resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans: each }) => each)));
    const [outer, inner] = ['invoke outer', 'invoke f'].map((name) => spans.find((span) => span.name === name)!);
    expect(inner!.parentSpanId).toBe(outer!.spanId);
    const kept = (await engine.host.functions.invoke('engine::traces::list', { name: 'outer' })) as { spans: SpanShown[] };
    expect(kept.spans[0]!.span_id).toBe(outer!.spanId);
  });

  it('that is down costs nothing but what has to make room, is told of once, and gets the rest when it is back', async () => {
    const first = await startOtlpReceiver();
    await first[Symbol.asyncDispose]();
    await using engine = await start({ exporter: 'otlp', endpoint: first.url });
    await engine.run();
    await engine.host.logs.next(({ message }) => message.includes('does not take spans'));
    expect(engine.host.health.report()).toMatchObject({ ready: true, status: 'degraded', components: { spans: { status: 'degraded' }, otel: { status: 'healthy' } } });
    for (let n = 0; n < 100; n += 1) await engine.run();
    await using back = await startOtlpReceiver(first.port);
    const got = await back.until('/v1/traces');
    expect(namesIn(got[0]!.body)).toContain('invoke f');
    await engine.host.logs.next(({ message }) => message.includes('takes spans again'));
    expect(engine.host.health.report().components['spans']).toMatchObject({ status: 'healthy' });
    expect(engine.host.logs.records.filter(({ message }) => message.includes('does not take spans'))).toHaveLength(1);
    expect(await engine.counters('traces')).toMatchObject({ dropped: 0 });
  });

  it('that refuses loses what it refuses, counted', async () => {
    await using receiver = await startOtlpReceiver();
    receiver.answer = () => ({ status: 400 });
    await using engine = await start({ exporter: 'otlp', endpoint: receiver.url });
    await engine.run();
    await receiver.until('/v1/traces');
    await engine.host.logs.next(({ message }) => message.includes('does not take spans'));
    expect((await engine.counters('traces')).dropped).toBeGreaterThan(0);
  });

  it('that refuses makes the signal degraded, although another one takes it', async () => {
    await using receiver = await startOtlpReceiver();
    await using well = await startOtlpReceiver();
    receiver.answer = () => ({ status: 400 });
    await using engine = await start({ exporter: 'otlp', endpoint: receiver.url, adapters: [{ class: 'modules::observability::adapters::OtlpExporter', config: { endpoint: well.url } }] });
    await engine.run();
    await engine.host.logs.next(({ message }) => message.includes('does not take spans'));
    // A second request after the failure: the answer to the first one has been looked at.
    for (let more = 0; more < 2; more += 1) {
      const before = well.received.filter(({ path }) => path === '/v1/traces').length;
      await engine.run();
      await well.until('/v1/traces', before + 1);
    }
    expect(engine.host.health.report().components['spans']).toMatchObject({ status: 'degraded' });
  });

  it('that says Retry-After: 0 all the time is not asked in a loop', async () => {
    await using receiver = await startOtlpReceiver();
    receiver.answer = () => ({ status: 429, headers: { 'retry-after': '0' } });
    const clock = new ManualClock();
    const host = await startTestHost([otel({ exporter: 'otlp', endpoint: receiver.url })], { clock });
    host.functions.register({ id: 'f' }, () => 1);
    await host.functions.invoke('f', {});
    await clock.advance(1_000);
    await host.logs.next(({ message }) => message.includes('does not take spans'));
    await clock.advance(900);
    expect(receiver.received.filter(({ path }) => path === '/v1/traces')).toHaveLength(1);
    await host.stop();
  });

  it('that hangs is given up in time, and holds up neither calls nor the stop (O1)', async () => {
    await using receiver = await startOtlpReceiver();
    receiver.answer = () => 'hang';
    const engine = await start({ exporter: 'otlp', endpoint: receiver.url, export_timeout_ms: 100 });
    await engine.run();
    await receiver.until('/v1/traces');
    await engine.run();
    await engine.host.logs.next(({ message }) => message.includes('does not take spans'));
    await engine.host.stop();
    expect(engine.host.state).toBe('stopped');
  });

  it('gets what is left when the engine stops', async () => {
    await using receiver = await startOtlpReceiver();
    const engine = await start({ exporter: 'otlp', endpoint: receiver.url, export_interval_ms: 3_600_000 });
    await engine.run();
    await engine.host.stop();
    expect(namesIn(receiver.received.find(({ path }) => path === '/v1/traces')!.body)).toContain('invoke f');
  });
});

describe('settings', () => {
  const settings = (options: object, variables: Record<string, string> = {}) => settingsOf(otelOptions.parse(options), variables);
  it('keep traces in memory, and send them as well once an endpoint is named', () => {
    expect(settings({}).traces).toEqual({ kept: 'memory', otlp: false });
    expect(settings({ endpoint: 'http://c:4318' }).traces).toEqual({ kept: 'memory', otlp: true });
    expect(settings({ exporter: 'otlp' }).traces).toEqual({ kept: undefined, otlp: true });
    expect(settings({ exporter: ['sqlite', 'otlp'] })).toMatchObject({ traces: { kept: 'storage', otlp: true }, logs: { kept: 'storage', otlp: false }, metrics: { kept: 'storage' } });
    expect(settings({ adapter: { class: 'acme::Store' }, endpoint: 'http://c:4318' })).toMatchObject({ traces: { kept: 'storage', otlp: true }, metrics: { kept: 'storage' } });
    expect(settings({ logs_exporter: 'both', metrics_exporter: 'otlp' })).toMatchObject({ logs: { kept: 'memory', otlp: true }, metrics: { otlp: true } });
  });
  it('take the variables of the standard where options say nothing', () => {
    const variables = { OTEL_SERVICE_NAME: 'env', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://e:4318', OTEL_EXPORTER_OTLP_HEADERS: 'x-api-key=a%20b', OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json', OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test' };
    expect(settings({}, variables)).toMatchObject({ serviceName: 'env', traces: { otlp: true }, otlp: { endpoint: 'http://e:4318', protocol: 'http/json', headers: { 'x-api-key': 'a b' } }, resource: { 'deployment.environment.name': 'test', 'service.name': 'env' } });
    expect(settings({ service_name: 'mine', endpoint: 'http://m:4318' }, variables)).toMatchObject({ serviceName: 'mine', otlp: { endpoint: 'http://m:4318' } });
    expect([settings({}, { OTEL_ENABLED: 'false' }).isEnabled, settings({}, { OTEL_SDK_DISABLED: 'true' }).isEnabled, settings({ enabled: true }, { OTEL_ENABLED: 'false' }).isEnabled]).toEqual([false, false, true]);
    expect(settings({ service_version: '1', service_namespace: 'n' }).resource).toMatchObject({ 'service.version': '1', 'service.namespace': 'n' });
  });
  it('enabled: false records nothing', async () => {
    await using engine = await startOtel({ enabled: false });
    await engine.run('a');
    await expect(engine.list()).rejects.toMatchObject({ code: 'MOTIA_OTEL_NOT_STORED' });
    expect(await engine.call('engine::telemetry::stats')).toMatchObject({ enabled: false, spans: { recorded: 0 } });
  });
});

describe('small functions', () => {
  it('read and set the baggage of the calling invocation', async () => {
    await using engine = await startOtel();
    const { functions } = engine.host;
    functions.register({ id: 'outer' }, async (_payload, call) => {
      const before = await functions.invoke('engine::baggage::get', { key: 'tenant' }, { parent: call });
      const set = await functions.invoke('engine::baggage::set', { key: 'user', value: 'Ada ü' }, { parent: call });
      return [before, set, await functions.invoke('engine::baggage::get_all', {}, { parent: call })];
    });
    const answers = await functions.invoke('outer', {}, { trace: { traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`, baggage: 'tenant=x%20y;p=1, bad' } });
    expect(answers).toMatchObject([{ value: 'x y' }, { success: true, propagates: true }, { baggage: { tenant: 'x y', user: 'Ada ü' } }]);
  });
  it('refuse baggage that no header can carry', async () => {
    await using otel = await startOtel();
    await expect(otel.call('engine::baggage::set', { key: 'user', value: '\ud800' })).rejects.toMatchObject({ code: 'MOTIA_OTEL_INVALID_QUERY' });
  });

  it('tell the sampling rules', async () => {
    await using engine = await startOtel({ sampling_ratio: 0.5, sampling: { rules: [{ operation: 'GET *', rate: 1 }], rate_limit: { max_traces_per_second: 5 } } });
    expect(await engine.call('engine::sampling::rules')).toMatchObject({ default: 0.5, parent_based: true, rules: [{ operation: 'GET *', rate: 1 }], rate_limit: { max_traces_per_second: 5 } });
  });
});

describe('the API of OpenTelemetry', () => {
  it('records into the same traces, once a program makes the tracer its own', async () => {
    await using engine = await startOtel();
    const takeBack = useAsGlobalTracer(engine.host.service(OtelServiceRef));
    try {
      const span = trace.getTracer('library').startSpan('of a library', { attributes: { a: 1, api_token: 's3cret' } });
      expect((await engine.list({ name: 'of a library' })).spans).toMatchObject([{ in_flight: true }]);
      span.end();
      const { spans } = await engine.list({ name: 'of a library' });
      expect(spans).toMatchObject([{ instrumentation_scope_name: 'library', attributes: [['a', 1], ['api_token', '[redacted]']] }]);
    } finally {
      takeBack?.();
    }
  });

  it.each<readonly [string, unknown]>([
    ['nothing', undefined], ['null', null], ['a number', 7], ['a symbol', Symbol('s')], ['an object without a prototype', Object.create(null)], ['a list', [1, null, 'x']],
  ])('takes %s for a name, and throws nothing into the library', async (_what, given) => {
    await using engine = await startOtel();
    const any = given as never;
    const tracer = engine.host.service(OtelServiceRef).tracerProvider?.getTracer('library');
    const span = tracer?.startSpan(any, { attributes: { odd: any, list: [any] } });
    expect((await engine.list()).spans).toMatchObject([{ in_flight: true }]);
    span?.addEvent(any, { odd: any });
    span?.setStatus({ code: 2, message: any });
    span?.end();
    expect((await engine.list()).spans).toMatchObject([{ status: 'error' }]);
  });
});
