import { http, step } from 'motia';
import { z } from 'zod';

export default step(
  {
    name: 'Bank',
    description: 'Lets you play the bank: PUT {"status":"down"} and {"status":"up"}.',
    triggers: [http('PUT', '/bank', { bodySchema: z.object({ status: z.enum(['up', 'down']) }) })],
  },
  async (req, ctx) => {
    await ctx.state.set('bank', 'status', req.body.status);
    return { status: 200, body: req.body };
  },
);
