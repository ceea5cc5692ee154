import { http, step } from 'motia';

interface Price {
  readonly body: { readonly cents: number; readonly pid: number };
}

export default step(
  {
    name: 'Quote',
    description: 'Asks the pricing app, which runs in another process.',
    triggers: [http('GET', '/quote/:product')],
  },
  async (req, ctx) => {
    const price = await ctx.invoke<Price>('steps::Price::trigger::http(GET /price/:product)', { path_params: { product: req.pathParams.product } });
    return { status: 200, body: { product: req.pathParams.product, cents: price.body.cents, pricedBy: price.body.pid, quotedBy: process.pid } };
  },
);
