import { http, step } from 'motia';
import type { Count } from '../count.js';

export default step(
  {
    name: 'ShowCount',
    description: 'Tells how far a count is, and its report once it is complete.',
    triggers: [http('GET', '/counts/:id')],
  },
  async (req, ctx) => {
    const { id } = req.pathParams;
    const count = await ctx.state.get<Count>('counts', id);
    if (count === null) return { status: 404, body: { error: `no count ${id}` } };
    const workers = new Set<number>();
    for await (const { value } of ctx.state.entries<number>('counted-parts', { prefix: `${id}/` })) workers.add(value);
    return { status: 200, body: { done: Object.keys(count.results).length, ...count, workers: workers.size, report: await ctx.state.get('reports', id) } };
  },
);
