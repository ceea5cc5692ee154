// Our REST module with handlers in the engine's own process, and as many routes as ROUTES says.
import { createEngine } from '@motia/engine-core';
import { rest } from '@motia/module-rest';

const engine = await createEngine({ mode: 'production', modules: [rest({ port: Number(process.env.PORT) })] });
engine.functions.register({ id: 'hello' }, () => ({ status_code: 200, body: { message: 'Hello, world!' } }));
engine.functions.register({ id: 'echo' }, (payload) => ({ status_code: 200, body: { received: payload.body } }));
await engine.triggers.register({ type: 'http', functionId: 'hello', config: { api_path: '/hello', http_method: 'GET' } });
await engine.triggers.register({ type: 'http', functionId: 'echo', config: { api_path: '/echo', http_method: 'POST' } });
const routes = Number(process.env.ROUTES ?? 0);
for (let index = 0; index < routes; index += 1) {
  await engine.triggers.register({ type: 'http', functionId: 'hello', config: { api_path: `/resource-${index}/:id/part`, http_method: 'GET' } });
}
await engine.start();
console.log('ready');
process.once('SIGTERM', () => void engine.stop().then(() => process.exit(0)));
