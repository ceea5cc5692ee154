/** The engine with module-rest and handlers in its own process, among `argv[2]` routes. Prints its port. */
import { createEngine } from '@motia/engine-core';
import { RestServiceRef } from '@motia/engine-core/contract';
import { rest } from '@motia/module-rest';
import { message, print } from './announce.mjs';

const engine = await createEngine({ modules: [rest({ port: 0 })], logging: { level: 'warn' } });
await engine.start();
engine.functions.register({ id: 'hello' }, () => ({ status: 200, body: message }));
engine.functions.register({ id: 'echo' }, ({ body }) => ({ status: 200, body }));
const register = (http_method, api_path, functionId) => engine.triggers.register({ type: 'http', functionId, config: { http_method, api_path } });
const others = Array.from({ length: Number(process.argv[2] ?? 1) - 1 }, (_, index) => (index % 2 === 0 ? `/api/v1/resource${index}/list` : `/api/v1/resource${index}/:id/items/:item`));
await Promise.all([register('GET', '/hello', 'hello'), register('POST', '/echo', 'echo'), register('GET', '/users/:id', 'hello'), ...others.map((path) => register('GET', path, 'hello'))]);
print(engine.service(RestServiceRef).address().port);
