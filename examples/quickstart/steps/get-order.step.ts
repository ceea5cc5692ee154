import { http, step } from 'motia';

export default step(
  {
    name: 'GetOrder',
    description: 'Shows one order.',
    triggers: [http('GET', '/orders/:id')],
  },
  async (req) => {
    const [product, quantity] = req.pathParams.id.split('-');
    if (product === undefined || quantity === undefined) return { status: 404, body: { error: `no order ${req.pathParams.id}` } };
    return { status: 200, body: { id: req.pathParams.id, product, quantity: Number(quantity) } };
  },
);
