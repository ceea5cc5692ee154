import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { temporaryFolder } from '@motia/tools/testing';
import { writeApp } from './harness/app.js';
import { until } from './harness/process-list.js';
import { runIii, startIii, type RunningEngine } from './harness/running-engine.js';

const token = 'a-token-for-the-console-of-this-test';
const secret = 'hunter2-and-nobody-may-see-it';
const folder = temporaryFolder('iii-observe');

const createOrder = `
import { step, http } from 'motia';
export default step(
  { name: 'CreateOrder', triggers: [http('POST', '/orders')], enqueues: ['order.created'] },
  async (req, ctx) => {
    ctx.logger.info('order taken', { order: req.body.id });
    await ctx.enqueue({ topic: 'order.created', data: { id: req.body.id } });
    return { status: 202, body: { traceId: ctx.traceId } };
  },
);
`;
const shipOrder = `
import { step, queue } from 'motia';
export default step(
  { name: 'ShipOrder', triggers: [queue('order.created', { config: { maxRetries: 2, backoffType: 'fixed', backoffDelayMs: 50 } })] },
  async (message, ctx) => {
    if (ctx.attempt === 1) throw new Error('the carrier did not answer');
    await ctx.state.set('orders', message.id, { shipped: true });
    await ctx.state.set('sessions', 'api_token', ${JSON.stringify(secret)});
    console.log('printed by hand');
    ctx.logger.info('order shipped', { order: message.id, password: ${JSON.stringify(secret)} });
  },
);
`;
const nightly = `
import { step, cron } from 'motia';
export default step({ name: 'Nightly', triggers: [cron('0 0 3 * * * *')] }, async () => undefined);
`;
const configYaml = `
modules:
  - class: modules::observability::OtelModule
    config: { enabled: true, exporter: memory, logs_enabled: true }
  - class: modules::api::RestApiModule
    config: { port: 0 }
  - class: modules::state::StateModule
    config: { adapter: { class: modules::state::adapters::KvStore, config: { store_method: in_memory } } }
  - class: modules::queue::QueueModule
    config: { adapter: { class: modules::queue::BuiltinQueueAdapter, config: { store_method: in_memory } } }
  - class: modules::cron::CronModule
    config: { adapter: { class: modules::cron::KvCronAdapter, config: { store_method: in_memory } } }
  - class: modules::console::ConsoleModule
    config: { port: 0, token: ${token}, refresh_interval_ms: 100 }
  - class: modules::shell::ExecModule
    config: { exec: ['motia dev'] }
`;

interface Span {
  readonly name: string;
  readonly span_id: string;
  readonly parent_span_id: string | null;
  readonly status: string;
  readonly attributes: readonly (readonly [string, unknown])[];
}

describe('one trace from the request to its last consequence', () => {
  let engine: RunningEngine;
  let console: string;
  let traceId: string;
  const iii = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await runIii(args, { cwd: folder.path });
    expect([code, stderr]).toEqual([0, '']);
    return stdout;
  };
  const api = async (path: string): Promise<unknown> => (await fetch(`${console}/api/v1${path}`, { headers: { authorization: `Bearer ${token}` } })).json();

  beforeAll(async () => {
    writeApp(folder.path, { 'config.yaml': configYaml, 'steps/create-order.step.ts': createOrder, 'steps/ship-order.step.ts': shipOrder, 'steps/nightly.step.ts': nightly });
    engine = await startIii({ cwd: folder.path });
    const ready = await engine.waitForLog('the console', ({ message }) => message === 'Console data API is listening');
    console = `http://127.0.0.1:${(ready.fields?.['address'] as { port: number }).port}`;
    const response = await fetch(`${engine.url}/orders?access_token=${secret}`, { method: 'POST', headers: { 'content-type': 'application/json', authorization: `Bearer ${secret}`, cookie: `session=${secret}` }, body: '{"id":"o-1"}' });
    traceId = ((await response.json()) as { traceId: string }).traceId;
    await engine.waitForLog('the order to be shipped', ({ message }) => message === 'order shipped');
  }, 60_000);
  afterAll(async () => {
    await engine.stop();
    await folder.remove();
  });

  it('holds every hop, every attempt and every change of state', async () => {
    let spans: readonly Span[] = [];
    const orphans = (): readonly Span[] => spans.filter(({ parent_span_id: parent }) => parent !== null && !spans.some(({ span_id: id }) => id === parent));
    // What the process records itself comes in batches: the trace is whole once every span has its parent.
    await until('the last span to be kept', async () => {
      spans = ((await api(`/traces/${traceId}`)) as { spans?: readonly Span[] }).spans ?? [];
      return spans.filter(({ name }) => name.includes('state')).length >= 2 && spans.some(({ status }) => status === 'error') && orphans().length === 0;
    });
    const names = spans.map(({ name }) => name).join('\n');
    expect(names).toContain('POST /orders');
    expect(names).toMatch(/CreateOrder/);
    expect(names).toMatch(/ShipOrder/);
    expect(names).toMatch(/state::set/);
    expect(spans.some(({ status }) => status === 'error')).toBe(true);
  });

  it('O2 ties every log line to it, stray prints included', async () => {
    const lines = (await iii('logs', '--trace', traceId)).split('\n');
    for (const said of ['order taken', 'order shipped', 'printed by hand']) expect(lines.some((line) => line.includes(said))).toBe(true);
  });

  it('is printed by iii trace, listed by iii traces, and told as JSON', async () => {
    const waterfall = await iii('trace', traceId);
    expect(waterfall).toContain(`trace ${traceId}`);
    expect(waterfall).toMatch(/POST \/orders.*█/);
    expect(waterfall).toMatch(/✕/);
    expect(await iii('traces')).toContain(traceId);
    expect((JSON.parse(await iii('traces', '--error', '--json')) as { trace_id: string }[]).map(({ trace_id: id }) => id)).toContain(traceId);
    expect((JSON.parse(await iii('trace', traceId, '--json')) as { spans: unknown[] }).spans.length).toBeGreaterThan(4);
  });

  it('iii queues, crons and workers show what there is', async () => {
    expect(await iii('queues')).toMatch(/topic:order\.created +steps::ShipOrder/);
    expect(await iii('crons')).toMatch(/0 0 3 \* \* \* \* +UTC +steps::Nightly/);
    expect(await iii('workers')).toMatch(/ready/);
    expect((JSON.parse(await iii('crons', '--json')) as { next_run: string }[])[0]?.next_run).toMatch(/T03:00:00/);
  });

  it('§4.12 a secret in a header, a query, a log field or a state key named token is nowhere in traces, logs, CLI or API', async () => {
    const shown = [
      await iii('logs', '--limit', '200'), await iii('trace', traceId), await iii('trace', traceId, '--json'), await iii('traces', '--json'),
      JSON.stringify(await api(`/traces/${traceId}`)), JSON.stringify(await api('/logs?limit=200')), JSON.stringify(await api('/traces')),
      JSON.stringify(await api('/state/sessions/keys')), JSON.stringify(await api('/state/sessions/api_token')), JSON.stringify(await api('/state/sessions/api_token/history')),
    ].join('\n');
    expect(shown).toContain('order shipped');
    expect(shown).not.toContain(secret);
  });

  it('history of a key says which trace changed it', async () => {
    expect(await api('/state/orders/o-1/history')).toMatchObject({ items: [{ op: 'set', trace_id: traceId, after: { shipped: true } }] });
  });
});
