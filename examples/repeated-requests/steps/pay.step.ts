import { http, step } from 'motia';
import { z } from 'zod';
import { charge } from '../bank.js';

const payment = z.object({ amount: z.number().positive() });

// Asked for twice with one Idempotency-Key, it is paid once, and both get the same answer.
export default step({ name: 'Pay', triggers: [http('POST', '/payments', { bodySchema: payment, idempotency: { required: true } })] }, async (req, ctx) => ({
  status: 201,
  body: await charge(req.body.amount, ctx.idempotencyKey),
}));
