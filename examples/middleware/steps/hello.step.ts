import { http, step } from 'motia';

export default step(
  { name: 'Hello', description: 'Open to everybody, and not limited.', triggers: [http('GET', '/hello')] },
  async (req) => ({ status: 200, body: { message: 'hello', from: req.clientAddress } }),
);
