// One module inside a Node service that has its own HTTP server: what the engine does not own stays yours.
import { createServer } from 'node:http';
import { embed } from '@motia/engine-core/embed';
import { RestServiceRef } from '@motia/engine-core/contract';
import { RestModule } from '@motia/module-rest';

const embedded = await embed(RestModule, { listen: false });
embedded.functions.register({ id: 'status' }, () => ({ status_code: 200, body: { ok: true } }));
await embedded.triggers.register({ type: 'http', functionId: 'status', config: { api_path: '/status', http_method: 'GET' } });

const { router } = embedded.engine.service(RestServiceRef);
const server = createServer((request, response) => {
  router(request, response, () => {
    response.end('this page belongs to the service');
  });
});
server.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () => console.log(`listening on http://localhost:${server.address().port}/status`));

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    server.close();
    server.closeIdleConnections();
    void embedded.stop().then(() => process.exit(0));
  });
}
