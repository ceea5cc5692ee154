import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { temporaryFolder } from '@motia/tools/testing';
import { example } from './harness/example.js';
import { until } from './harness/process-list.js';
import { startIii, type RunningEngine } from './harness/running-engine.js';

interface Order {
  readonly status: string;
  readonly attempts: number;
  readonly charge?: string;
}
interface DeadOrder {
  readonly messageId: string;
  readonly order: string;
  readonly attempts: number;
  readonly code: string;
}

describe('examples/order-processing', () => {
  const folder = temporaryFolder('orders');
  let engine: RunningEngine;
  const start = async (): Promise<void> => {
    engine = await startIii({ cwd: example('order-processing'), env: { DATA_DIR: folder.path } });
  };
  beforeAll(start, 60_000);
  afterAll(async () => {
    await engine.stop();
    await folder.remove();
  }, 60_000);

  const send = async (method: string, path: string, body: unknown): Promise<Response> =>
    fetch(`${engine.url}${path}`, { method, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
  const order = async (card: string): Promise<string> => {
    const response = await send('POST', '/orders', { card, cents: 1_200 });
    expect(response.status).toBe(202);
    return ((await response.json()) as { id: string }).id;
  };
  const show = async (id: string): Promise<Order> => (await fetch(`${engine.url}/orders/${id}`)).json() as Promise<Order>;
  const dead = async (): Promise<readonly DeadOrder[]> => (await fetch(`${engine.url}/dead-orders`)).json() as Promise<DeadOrder[]>;
  const charged = (id: string): Promise<void> => until('the order to be charged', async () => (await show(id)).status === 'charged');

  it('Q13 charges an order from the queue', async () => {
    const id = await order('4711');
    await charged(id);
    expect(await show(id)).toMatchObject({ attempts: 1, charge: expect.stringMatching(/^1200:/) });
  }, 60_000);

  it('Q7 Q12 tries again while the bank is down, gives up, and charges after a redrive', async () => {
    await send('PUT', '/bank', { status: 'down' });
    const id = await order('4711');
    await until('the order to be given up', async () => (await dead()).length === 1);
    expect(await dead()).toMatchObject([{ order: id, attempts: 3, code: 'MOTIA_SDK_HANDLER_FAILED' }]);
    await send('PUT', '/bank', { status: 'up' });
    expect(await (await send('POST', '/dead-orders/redrive', {})).json()).toMatchObject({ moved: 1 });
    await charged(id);
    expect(await show(id)).toMatchObject({ attempts: 4 });
  }, 60_000);

  it('Q7 Q12 gives up at once when there is no hope, and charges with another card', async () => {
    const id = await order('stolen');
    await until('the order to be given up', async () => (await dead()).length === 1);
    const [letter] = await dead();
    expect(letter).toMatchObject({ order: id, attempts: 1, code: 'CARD_REFUSED' });
    await send('POST', '/dead-orders/redrive', { messageId: letter?.messageId, data: { id, card: '4712', cents: 1_200 } });
    await charged(id);
  }, 60_000);

  it('G1 #47 SIGTERM with work in flight exits 0, and everything is done or back in the queue', async () => {
    const ids = await Promise.all(Array.from({ length: 20 }, () => order('4711')));
    engine.signal('SIGTERM');
    expect(await engine.exited).toBe(0);
    await start();
    for (const id of ids) await charged(id);
    // No attempt was spent on the stop.
    expect((await Promise.all(ids.map(show))).map(({ attempts }) => attempts).every((attempts) => attempts <= 2)).toBe(true);
    expect(await dead()).toEqual([]);
  }, 120_000);
});
