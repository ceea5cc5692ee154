import { http, step } from 'motia';

export default step(
  {
    name: 'Price',
    description: 'What a product costs.',
    triggers: [http('GET', '/price/:product')],
  },
  async (req) => ({ status: 200, body: { cents: 100 * req.pathParams.product.length, pid: process.pid } }),
);
