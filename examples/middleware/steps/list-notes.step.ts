import { http, step } from 'motia';
import { z } from 'zod';

const note = z.object({ owner: z.string(), text: z.string() });

export default step(
  {
    name: 'ListNotes',
    description: 'The notes of whoever is signed in.',
    flows: ['notes'],
    triggers: [http('GET', '/notes', { responseSchema: { 200: z.array(note) } })],
  },
  async (req) => {
    // What the middleware found out about the request.
    const owner = String(req.context?.['user']);
    return { status: 200, body: [{ owner, text: `a note of ${owner}` }] };
  },
);
