// An Express app that was there before, with Steps beside its own routes. It keeps its port, middleware and error page.
import { RestServiceRef } from '@motia/engine-core/contract';
import { createEngine } from '@motia/engine-core';
import { exec } from '@motia/module-exec';
import { rest } from '@motia/module-rest';
import express from 'express';

const engine = await createEngine({
  modules: [rest({ listen: false }), exec({ exec: ['motia dev'], watch: ['steps/**/*.ts'] })],
  baseDir: import.meta.dirname,
});
await engine.start();
const steps = engine.service(RestServiceRef);

const app = express();
app.use((request, response, next) => {
  response.setHeader('x-served-by', 'the old app');
  next();
});
app.get('/', (request, response) => {
  response.send('the old front page');
});
app.get('/broken', () => {
  throw new Error('of the old app');
});
app.get('/openapi.json', (request, response) => {
  response.json(steps.openapi());
});
// Steps first from here on; paths that no Step has go on to what comes below.
app.use(steps.router);
app.get('/legacy/:id', (request, response) => {
  response.json({ legacy: request.params.id });
});
app.use((request, response) => {
  response.status(404).send('the old 404 page');
});
app.use((error, request, response, _next) => {
  response.status(500).send(`the old error page: ${error.message}`);
});

const server = app.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () => console.log(`listening on http://localhost:${server.address().port}`));

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    server.close();
    server.closeIdleConnections();
    void engine.stop().then(() => process.exit(0));
  });
}
