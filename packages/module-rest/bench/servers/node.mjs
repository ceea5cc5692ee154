/** Bare node:http: GET /hello, POST /echo. Prints its port. */
import { createServer } from 'node:http';
import { announce, message } from './announce.mjs';

announce(createServer((request, response) => {
  const reply = (value) => {
    const text = JSON.stringify(value);
    response.writeHead(200, { 'content-type': 'application/json; charset=utf-8', 'content-length': Buffer.byteLength(text) });
    response.end(text);
  };
  if (request.method === 'GET') return reply(message);
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => reply(JSON.parse(Buffer.concat(chunks).toString())));
}));
