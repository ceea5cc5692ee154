// An engine without a config file: modules and functions chosen in code, all in this process.
import { createEngine } from '@motia/engine-core';
import { RestServiceRef } from '@motia/engine-core/contract';
import { rest } from '@motia/module-rest';

const engine = await createEngine({ modules: [rest({ port: Number(process.env.PORT ?? 3111) })] });

engine.functions.register({ id: 'greet' }, (payload) => ({
  status_code: 200,
  body: { message: `Hello, ${payload.path_params.name}!` },
}));
await engine.triggers.register({ type: 'http', functionId: 'greet', config: { api_path: '/greet/:name', http_method: 'GET' } });
await engine.start();

const { port } = engine.service(RestServiceRef).address();
console.log(`listening on http://localhost:${port}/greet/Ada`);

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void engine.stop().then(() => process.exit(0)));
