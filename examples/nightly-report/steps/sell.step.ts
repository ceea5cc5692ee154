import { http, step } from 'motia';
import { z } from 'zod';
import type { Sale } from '../report.js';

export default step(
  {
    name: 'Sell',
    description: 'Writes a sale down.',
    triggers: [http('POST', '/sales', { bodySchema: z.object({ product: z.string().min(1).max(64), cents: z.number().int().positive() }) })],
  },
  async (req, ctx) => {
    const sale: Sale = req.body;
    await ctx.state.set('sales', ctx.idempotencyKey, sale);
    return { status: 201, body: sale };
  },
);
