import { describe, expect, it } from '@jest/globals';
import { MotiaError } from '@motia/protocol';
import { http, type FlowContext } from '../../src/index.js';
import { readOtelConfig } from '../../src/telemetry/otel-config.js';
import { ScriptedEngine, serving, type OtlpSpan } from '../support/scripted-engine.js';

type Ctx = FlowContext<{ topic: string; data: unknown }, unknown>;
const id = 'steps::T::trigger::http(GET /t)';
const routed = (handler: (ctx: Ctx) => unknown): object => ({ config: { name: 'T', triggers: [http('GET', '/t')], enqueues: ['order.created'] }, handler: (_req: unknown, ctx: Ctx) => handler(ctx) });
const attributesOf = ({ attributes }: OtlpSpan): Record<string, unknown> => Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
const functions = { 'state::set': () => ({ new_value: 1, version: 1 }), 'state::update': () => ({ new_value: 1, version: 1 }), 'stream::set': () => ({ new_value: 1 }), enqueue: () => ({ messageReceiptId: 'm' }), 'engine::transaction': () => ({ results: [null] }) };
const use = async (ctx: Ctx): Promise<void> => {
  await ctx.state.set('orders', 'o1', { secret: 'value' });
  await ctx.streams['chat']?.set('g', 'i', { text: 'hello' });
  await ctx.enqueue({ topic: 'order.created', data: { secret: 'value' } });
  await ctx.transaction((tx) => tx.state.set('s', 'k', 1));
};
const streams = [{ filePath: 'chat.stream.ts', module: { config: { name: 'chat', schema: {} } } }];

describe('spans of what a handler asks of the modules', () => {
  it('O2 stand below the call, name what they are about, and are what the engine continues', async () => {
    await using engine = await serving([routed(use)], { functions, telemetry: true }, { streams });
    await engine.invoke(id, {}, { timed: true });
    const spans = await engine.spans(4);
    expect(spans.map(({ name, kind, traceId, parentSpanId, scope }) => [name, kind, traceId, parentSpanId, scope])).toEqual(
      [['state::set', 3], ['stream::set', 3], ['enqueue', 4], ['engine::transaction', 3]].map(([name, kind]) => [name, kind, '0af7651916cd43dd8448eb211c80319c', 'b7ad6b7169203331', 'motia']),
    );
    expect(engine.calls.map(({ params }) => params.trace?.traceparent)).toEqual(spans.map(({ spanId }) => `00-0af7651916cd43dd8448eb211c80319c-${spanId}-01`));
    expect(spans.map(attributesOf)).toEqual([
      { 'iii.function.id': 'state::set', 'motia.state.scope': 'orders', 'motia.state.key': 'o1' },
      { 'iii.function.id': 'stream::set', 'motia.stream.name': 'chat', 'motia.stream.group_id': 'g', 'motia.stream.item_id': 'i' },
      { 'iii.function.id': 'enqueue', 'messaging.destination.name': 'order.created' },
      { 'iii.function.id': 'engine::transaction', 'motia.transaction.operations': '1' },
    ]);
    expect(JSON.stringify(engine.telemetry)).not.toContain('secret');
    for (const span of spans) expect(BigInt(span.endTimeUnixNano) >= BigInt(span.startTimeUnixNano)).toBe(true);
  });

  it('say what went wrong', async () => {
    const refuse = (): never => {
      throw new MotiaError({ code: 'MOTIA_STATE_VERSION_CONFLICT', message: 'the key has version 4' });
    };
    await using engine = await serving([routed((ctx) => ctx.state.set('a', 'b', 1).catch(() => undefined))], { functions: { 'state::set': refuse }, telemetry: true });
    await engine.invoke(id, {}, { timed: true });
    const [span] = await engine.spans(1);
    expect(span).toMatchObject({ status: { code: 2, message: 'the key has version 4' } });
    expect(attributesOf(span as OtlpSpan)).toMatchObject({ 'error.type': 'MOTIA_STATE_VERSION_CONFLICT' });
  });

  it('O1 are not made where nobody keeps them: no module, a call that is not recorded, telemetry switched off', async () => {
    const silent = async (engine: ScriptedEngine, timed: boolean): Promise<void> => {
      await engine.invoke(id, {}, timed ? { timed: true } : {});
      expect(engine.calls[0]?.params.trace?.traceparent).toBe('00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01');
      await engine.served?.close();
      expect(engine.telemetry).toEqual([]);
    };
    await using absent = await serving([routed(use)], { functions }, { streams });
    await silent(absent, true);
    await using unrecorded = await serving([routed(use)], { functions, telemetry: true }, { streams });
    await silent(unrecorded, false);
    await using off = new ScriptedEngine({ functions, telemetry: true });
    await off.serve({ steps: [{ filePath: 'a', module: routed(use) }], streams, mode: 'development', config: { filePath: 'motia.config.ts', module: { otel: { enabled: false } } } });
    expect(off.initialized?.capabilities).toEqual({ rawBodies: true, channels: true });
    await silent(off, true);
  });
});

describe('`otel` of motia.config', () => {
  const read = (config: unknown, env = {}): ReturnType<typeof readOtelConfig> => readOtelConfig(config, env, 7);

  it('describes the process, from the config before the environment', () => {
    expect(read({ serviceName: 'shop', serviceVersion: '2' }, { OTEL_SERVICE_NAME: 'other', SERVICE_NAMESPACE: 'eu' }).resource).toMatchObject({ 'service.name': 'shop', 'service.version': '2', 'service.namespace': 'eu', 'process.pid': 7 });
    expect(read(undefined, { OTEL_SERVICE_NAME: 'other' }).resource).toMatchObject({ 'service.name': 'other' });
    expect(read(undefined).resource).toMatchObject({ 'service.name': 'motia', 'telemetry.sdk.name': 'motia' });
  });

  it('switches off, by the config, OTEL_SDK_DISABLED or OTEL_ENABLED', () => {
    expect(read({ enabled: false })).toMatchObject({ resource: undefined, instrumentsFetch: false });
    expect(read(undefined, { OTEL_SDK_DISABLED: 'true' }).resource).toBeUndefined();
    expect(read(undefined, { OTEL_ENABLED: 'off' }).resource).toBeUndefined();
    expect(read({ enabled: true }, { OTEL_SDK_DISABLED: 'true' }).resource).toBeDefined();
    expect(read({ fetchInstrumentationEnabled: false })).toMatchObject({ instrumentsFetch: false });
  });

  it('says which keys have no effect', async () => {
    expect(read({ metricsEnabled: true, servicename: 'x', zzz: 1 }).notices).toEqual([
      '`otel.metricsEnabled` of motia.config has no effect: the engine measures this process',
      '`otel.servicename` of motia.config is unknown: did you mean `serviceName`?',
      '`otel.zzz` of motia.config is unknown',
    ]);
    await using engine = new ScriptedEngine();
    await engine.serve({ steps: [], mode: 'development', config: { filePath: 'motia.config.ts', module: { otel: { metricsEnabled: true } } } });
    expect(await engine.log(({ level }) => level === 'warn')).toMatchObject({ message: expect.stringContaining('`otel.metricsEnabled`') as unknown as string });
  });
});
