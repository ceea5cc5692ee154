import { randomUUID } from 'node:crypto';
import { http, step } from 'motia';
import { z } from 'zod';

export default step(
  {
    name: 'CreateOrder',
    description: 'Takes an order and answers at once; the rest happens from the queue.',
    triggers: [http('POST', '/orders', { bodySchema: z.object({ card: z.string().min(1), cents: z.number().int().positive() }) })],
    enqueues: ['order.created'],
  },
  async (req, ctx) => {
    const id = randomUUID();
    // The order is not there without its message, nor the message without the order.
    await ctx.transaction((tx) => {
      tx.state.set('orders', id, { ...req.body, status: 'created', attempts: 0 });
      tx.enqueue({ topic: 'order.created', data: { id, ...req.body } });
    });
    return { status: 202, headers: { location: `/orders/${id}` }, body: { id } };
  },
);
