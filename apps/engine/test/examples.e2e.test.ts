import { cpSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { temporaryFolder } from '@motia/tools/testing';
import { example, withProgram } from './harness/example.js';
import { until } from './harness/process-list.js';
import { startIii, type RunningEngine } from './harness/running-engine.js';

const post = (url: string, body: unknown): Promise<Response> => fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });

describe('examples/quickstart', () => {
  let engine: RunningEngine;
  beforeAll(async () => {
    engine = await startIii({ cwd: example('quickstart') });
  }, 60_000);
  afterAll(() => engine.stop());

  it('greets, and the log line of the handler carries the trace', async () => {
    const response = await fetch(`${engine.url}/hello?name=Ada`);
    const body = (await response.json()) as { message: string; traceId: string };
    expect(body.message).toBe('Hello, Ada!');
    const line = await engine.waitForLog('the greeting', ({ message }) => message === 'greeting');
    expect(line.traceId).toBe(body.traceId);
  });

  it('takes an order through its middleware, and shows it', async () => {
    const created = await post(`${engine.url}/orders`, { product: 'tea', quantity: 2 });
    expect(created.status).toBe(201);
    expect(created.headers.get('location')).toBe('/orders/tea-2');
    expect(created.headers.get('server-timing')).toMatch(/^handler;dur=/);
    expect(await (await fetch(`${engine.url}/orders/tea-2`)).json()).toEqual({ id: 'tea-2', product: 'tea', quantity: 2 });
  });

  it('refuses an order that does not fit the schema, with JSON pointers', async () => {
    const refused = await post(`${engine.url}/orders`, { quantity: 0 });
    expect(refused.status).toBe(400);
    expect(await refused.json()).toMatchObject({ error: { code: 'MOTIA_REST_VALIDATION_FAILED', details: expect.arrayContaining([expect.objectContaining({ path: '/quantity' })]) } });
  });
});

describe('examples/several-processes', () => {
  let engine: RunningEngine;
  beforeAll(async () => {
    engine = await startIii({ cwd: example('several-processes') });
  }, 60_000);
  afterAll(() => engine.stop());
  const quote = async (): Promise<{ cents: number; pricedBy: number; quotedBy: number }> => (await fetch(`${engine.url}/quote/tea`)).json() as never;

  it('calls from one process into another', async () => {
    const { cents, pricedBy, quotedBy } = await quote();
    expect(cents).toBe(300);
    expect(pricedBy).not.toBe(quotedBy);
  });

  it('spreads concurrent calls over the replicas, and serves on when one is killed', async () => {
    const priced = new Set((await Promise.all(Array.from({ length: 50 }, quote))).map(({ pricedBy }) => pricedBy));
    expect(priced.size).toBe(2);
    const [victim] = [...priced];
    process.kill(victim as number, 'SIGKILL');
    await until('the dead replica to be noticed', () => engine.logs.some((line) => line.level === 'warn' || line.level === 'error'));
    for (let call = 0; call < 20; call += 1) expect((await quote()).pricedBy).not.toBe(victim);
  });
});

describe('examples/compose-in-code', () => {
  it.each([
    ['engine.mjs', '/greet/Ada', { message: 'Hello, Ada!' }],
    ['embedded.mjs', '/status', { ok: true }],
  ])('%s serves and stops in order', async (file, path, expected) => {
    const code = await withProgram('compose-in-code', file, async (url) => {
      expect(await (await fetch(`${url}${path}`)).json()).toEqual(expected);
      if (file === 'embedded.mjs') expect(await (await fetch(`${url}/elsewhere`)).text()).toContain('belongs to the service');
    });
    expect(code).toBe(0);
  }, 30_000);
});

describe('examples/repeated-requests', () => {
  const data = temporaryFolder('iii-repeated');
  let engine: RunningEngine;
  beforeAll(async () => {
    cpSync(example('repeated-requests'), data.path, { recursive: true, filter: (path) => !/\/(?:data|dist|node_modules)$/.test(path) });
    symlinkSync(join(example('quickstart'), '../../node_modules'), data.file('node_modules'));
    engine = await startIii({ cwd: data.path });
  }, 60_000);
  afterAll(async () => {
    await engine.stop();
    await data.remove();
  });
  const pay = (key: string, amount: number): Promise<Response> =>
    fetch(`${engine.url}/payments`, { method: 'POST', headers: { 'content-type': 'application/json', 'idempotency-key': key }, body: JSON.stringify({ amount }) });

  it('R4 pays once for a key, at the same time, later, and after kill -9', async () => {
    const answers = await Promise.all([pay('order-7', 5), pay('order-7', 5)]);
    expect(await Promise.all(answers.map((answer) => answer.json()))).toEqual([{ charge: 'charge-1', amount: 5 }, { charge: 'charge-1', amount: 5 }]);
    expect((await pay('order-7', 6)).status).toBe(422);
    expect((await post(`${engine.url}/payments`, { amount: 5 })).status).toBe(400);
    process.kill(engine.pid, 'SIGKILL');
    await engine.exited;
    engine = await startIii({ cwd: data.path });
    const again = await pay('order-7', 5);
    expect([again.status, again.headers.get('idempotent-replayed'), await again.json()]).toEqual([201, 'true', { charge: 'charge-1', amount: 5 }]);
  }, 60_000);

  it('answers before the report is made, and tells when it is', async () => {
    const accepted = await post(`${engine.url}/reports`, { year: 2026 });
    expect(accepted.status).toBe(202);
    const events = await (await fetch(`${engine.url}${accepted.headers.get('location') ?? ''}`, { headers: { accept: 'text/event-stream' } })).text();
    expect(events).toMatch(/"state":"completed".*"response":\{"status":200,"headers":\{\},"body":\{"year":2026,"pages":3\}\}/);
  }, 30_000);
});
