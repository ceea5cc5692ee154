import { http, step } from 'motia';
import { z } from 'zod';

/** Takes dead orders back: all of them, those that failed with a code, or one with another card. */
export default step(
  { name: 'RedriveOrders', triggers: [http('POST', '/dead-orders/redrive', { bodySchema: z.object({ code: z.string().optional(), messageId: z.string().optional(), data: z.record(z.string(), z.unknown()).optional() }) })] },
  async (req, ctx) => {
    const { messageId, data, code } = req.body;
    const which = messageId === undefined ? { topic: 'order.created', ...(code === undefined ? {} : { code }) } : { messageId, ...(data === undefined ? {} : { data }) };
    return { status: 200, body: await ctx.invoke<object>('queue::redrive', which) };
  },
);
