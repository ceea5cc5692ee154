import { NonRetryable, queue, step } from 'motia';
import { z } from 'zod';

export default step(
  {
    name: 'ChargeOrder',
    description: 'Charges the card. Tried again while the bank does not answer, given up at once when the card is refused.',
    triggers: [
      queue('order.created', {
        input: z.object({ id: z.string(), card: z.string(), cents: z.number() }),
        config: { maxRetries: 2, backoffType: 'fixed', backoffDelayMs: 200 },
      }),
    ],
  },
  async ({ id, card, cents }, ctx) => {
    await ctx.state.update('orders', id, [{ type: 'increment', path: 'attempts', by: 1 }]);
    if ((await ctx.state.get('bank', 'status')) === 'down') throw new Error('the bank does not answer');
    if (card === 'stolen') throw new NonRetryable('the card was refused', { code: 'CARD_REFUSED' });
    // A real bank gets ctx.idempotencyKey: it is the same for every delivery of this message.
    await ctx.state.update('orders', id, [{ type: 'merge', value: { status: 'charged', charge: `${cents}:${ctx.idempotencyKey}` } }]);
    ctx.logger.info('charged', { id, attempt: ctx.attempt });
  },
);
