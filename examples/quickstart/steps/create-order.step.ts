import { http, step } from 'motia';
import { z } from 'zod';
import { withTiming } from '../middleware/with-timing.js';

const order = z.object({
  product: z.string().min(1),
  quantity: z.number().int().min(1).max(100),
});

// The engine answers 400 with JSON pointers before this code runs when the body does not fit the schema.
export default step(
  {
    name: 'CreateOrder',
    description: 'Takes an order.',
    triggers: [http('POST', '/orders', { bodySchema: order, middleware: [withTiming] })],
  },
  async (req) => {
    const { product, quantity } = req.body;
    return {
      status: 201,
      headers: { location: `/orders/${product}-${quantity}` },
      body: { id: `${product}-${quantity}`, product, quantity },
    };
  },
);
