/** Bare Express: GET /hello, POST /echo. Prints its port. */
import { createServer } from 'node:http';
import express from 'express';
import { announce, message } from './announce.mjs';

const app = express();
app.get('/hello', (_request, response) => response.json(message));
app.post('/echo', express.json(), (request, response) => response.json(request.body));
announce(createServer(app));
