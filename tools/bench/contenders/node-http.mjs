// The floor: node:http alone. GET answers a small object, POST parses and answers what it got.
import { createServer } from 'node:http';

createServer((request, response) => {
  if (request.method === 'POST') {
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      const body = JSON.parse(Buffer.concat(chunks).toString());
      send(response, request.url === '/orders' ? { id: `${body.product}-${body.quantity}` } : { received: body });
    });
    return;
  }
  send(response, { message: 'Hello, world!' });
}).listen(Number(process.env.PORT), '127.0.0.1', () => console.log('ready'));

function send(response, value) {
  const body = JSON.stringify(value);
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
  response.end(body);
}
