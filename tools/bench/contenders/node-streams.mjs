// The floor of streams: node:http alone writes events with back-pressure; busboy reads forms.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { Busboy } from '@fastify/busboy';

createServer(async (request, response) => {
  if (request.method === 'POST') {
    let bytes = 0;
    const form = new Busboy({ headers: request.headers });
    form.on('file', (_name, file) => file.on('data', (chunk) => (bytes += chunk.length)));
    form.on('finish', () => response.end(JSON.stringify({ bytes })));
    request.pipe(form);
    return;
  }
  const count = Number(request.url.split('/').at(-1));
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  for (let number = 0; number < count; number += 1) {
    if (!response.write(`data: event number ${number}, with some text to carry\n\n`)) await once(response, 'drain');
  }
  response.end();
}).listen(Number(process.env.PORT), '127.0.0.1', () => console.log('ready'));
