// Express as most people write it.
import { Ajv } from 'ajv';
import express from 'express';
import { orderSchema } from '../app/order-schema.mjs';

const app = express();
const isOrder = new Ajv({ allErrors: true }).compile(orderSchema);
app.use(express.json({ limit: '2mb' }));
app.get('/hello', (_request, response) => response.json({ message: 'Hello, world!' }));
app.post('/echo', (request, response) => response.json({ received: request.body }));
app.post('/orders', (request, response) => {
  if (!isOrder(request.body)) return response.status(400).json({ error: isOrder.errors });
  return response.status(201).json({ id: `${request.body.product}-${request.body.quantity}` });
});
app.listen(Number(process.env.PORT), '127.0.0.1', () => console.log('ready'));
