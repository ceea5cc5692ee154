import { http, step } from 'motia';

export default step(
  { name: 'Greet', description: 'Greets by name.', flows: ['greetings'], triggers: [http('GET', '/greet/:name')] },
  async (req) => ({ status: 200, body: { message: `Hello, ${req.pathParams.name}!`, from: req.clientAddress } }),
);
