// Express as most people write it.
import express from 'express';

const app = express();
app.use(express.json());
app.get('/hello', (_request, response) => response.json({ message: 'Hello, world!' }));
app.post('/echo', (request, response) => response.json({ received: request.body }));
app.listen(Number(process.env.PORT), '127.0.0.1', () => console.log('ready'));
