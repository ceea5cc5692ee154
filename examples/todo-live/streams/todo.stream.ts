import { defineStream } from 'motia';
import { z } from 'zod';

/** One item of the list; what is stored is checked against it. */
export default defineStream({
  name: 'todo',
  schema: z.object({ id: z.string(), title: z.string().min(1).max(200), isDone: z.boolean(), createdAt: z.number() }),
});
