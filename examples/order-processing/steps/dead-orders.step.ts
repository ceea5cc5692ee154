import { http, step } from 'motia';

interface DeadLetter {
  readonly messageId: string;
  readonly data: { readonly id: string };
  readonly attempts: number;
  readonly lastFailure: { readonly code: string; readonly message: string };
}

/** What a support desk would see. `iii invoke queue::dead_letters '{"topic":"order.created"}'` says the same. */
export default step({ name: 'DeadOrders', triggers: [http('GET', '/dead-orders')] }, async (_req, ctx) => {
  const { messages } = await ctx.invoke<{ messages: readonly DeadLetter[] }>('queue::dead_letters', { topic: 'order.created' });
  return { status: 200, body: messages.map(({ messageId, data, attempts, lastFailure }) => ({ messageId, order: data.id, attempts, reason: lastFailure.message, code: lastFailure.code })) };
});
