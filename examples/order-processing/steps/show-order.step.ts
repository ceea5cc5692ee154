import { http, step } from 'motia';

export default step({ name: 'ShowOrder', triggers: [http('GET', '/orders/:id')] }, async (req, ctx) => {
  const order = await ctx.state.get('orders', req.pathParams.id);
  return order === null ? { status: 404, body: { error: 'no such order' } } : { status: 200, body: order };
});
