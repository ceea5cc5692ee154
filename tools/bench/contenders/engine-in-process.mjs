// Our REST module with handlers in the engine's own process, and as many routes as ROUTES says.
import { createEngine } from '@motia/engine-core';
import { rest } from '@motia/module-rest';
import { orderSchema } from '../app/order-schema.mjs';

const engine = await createEngine({ mode: 'production', modules: [rest({ port: Number(process.env.PORT), body_limit_bytes: 2_097_152 })] });
engine.functions.register({ id: 'hello' }, () => ({ status_code: 200, body: { message: 'Hello, world!' } }));
engine.functions.register({ id: 'echo' }, (payload) => ({ status_code: 200, body: { received: payload.body } }));
await engine.triggers.register({ type: 'http', functionId: 'hello', config: { api_path: '/hello', http_method: 'GET' } });
await engine.triggers.register({ type: 'http', functionId: 'echo', config: { api_path: '/echo', http_method: 'POST' } });
engine.functions.register({ id: 'order' }, ({ body }) => ({ status_code: 201, body: { id: `${body.product}-${body.quantity}` } }));
await engine.triggers.register({ type: 'http', functionId: 'order', config: { api_path: '/orders', http_method: 'POST', bodySchema: orderSchema } });
const routes = Number(process.env.ROUTES ?? 0);
for (let index = 0; index < routes; index += 1) {
  await engine.triggers.register({ type: 'http', functionId: 'hello', config: { api_path: `/resource-${index}/:id/part`, http_method: 'GET' } });
}
await engine.start();
console.log('ready');
process.once('SIGTERM', () => void engine.stop().then(() => process.exit(0)));
