import { orderSchema } from '../order-schema.mjs';

export const config = { name: 'Order', triggers: [{ type: 'http', method: 'POST', path: '/orders', bodySchema: orderSchema }] };
export const handler = (req) => ({ status: 201, body: { id: `${req.body.product}-${req.body.quantity}` } });
