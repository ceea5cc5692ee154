import { randomUUID } from 'node:crypto';
import { http, step } from 'motia';
import { z } from 'zod';
import type { Count } from '../count.js';

export default step(
  {
    name: 'StartCount',
    description: 'Cuts a text into its lines, each to be counted by whoever is free.',
    triggers: [http('POST', '/counts', { bodySchema: z.object({ lines: z.array(z.string()).min(1).max(100) }) })],
    enqueues: ['part.created'],
  },
  async (req, ctx) => {
    const countId = randomUUID();
    const { lines } = req.body;
    const count: Count = { parts: lines.length, results: {}, words: 0 };
    // The item and its messages are there together, or not at all.
    await ctx.transaction((tx) => {
      tx.state.set('counts', countId, count);
      for (const [part, text] of lines.entries()) tx.enqueue({ topic: 'part.created', data: { countId, part, text } });
    });
    return { status: 202, headers: { location: `/counts/${countId}` }, body: { countId, parts: lines.length } };
  },
);
