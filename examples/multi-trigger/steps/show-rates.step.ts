import { http, step } from 'motia';

export default step(
  {
    name: 'ShowRates',
    description: 'What was refreshed, and by what.',
    triggers: [http('GET', '/rates')],
  },
  async (_req, ctx) => ({ status: 200, body: await ctx.state.list('rates') }),
);
