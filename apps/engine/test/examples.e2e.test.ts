import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
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
