import { http, step } from 'motia';
import { z } from 'zod';
import { tokenOf } from '../sessions.js';

export default step(
  {
    name: 'Login',
    description: 'Gives a token for a user.',
    flows: ['notes'],
    triggers: [http('POST', '/login', { bodySchema: z.object({ user: z.string().min(1) }), responseSchema: { 200: z.object({ token: z.string() }) } })],
  },
  async (req) => {
    const token = tokenOf(req.body.user);
    return token === undefined ? { status: 403, body: { error: 'unknown user' } } : { status: 200, body: { token } };
  },
);
