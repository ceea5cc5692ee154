import { httpMiddleware, step } from 'motia';
import { userOf } from '../sessions.js';

// Stands before every route at and below /notes, of this process and of every other one.
export default step(
  {
    name: 'Authenticate',
    description: 'Lets only signed-in users pass.',
    triggers: [httpMiddleware({ path: '/notes' })],
  },
  async ({ request }) => {
    const user = userOf(request.headers.authorization);
    if (user === undefined) {
      return { action: 'respond', response: { status: 401, headers: { 'www-authenticate': 'Bearer' }, body: { error: 'sign in first' } } };
    }
    return { action: 'continue', context: { user } };
  },
);
