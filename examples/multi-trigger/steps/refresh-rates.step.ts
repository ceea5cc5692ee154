import { cron, http, queue, step } from 'motia';
import { z } from 'zod';

export default step(
  {
    name: 'RefreshRates',
    description: 'Fetches exchange rates: on the clock, when somebody asks, and when a message says so.',
    triggers: [
      cron('*/10 * * * * * *'),
      http('POST', '/rates/:base'),
      queue('rates.stale', { input: z.object({ base: z.string().length(3) }) }),
    ],
    enqueues: ['rates.stale'],
  },
  async (input, ctx) => {
    const refresh = async (base: string): Promise<Rates> => {
      const rates: Rates = { base, by: ctx.trigger.type, at: new Date().toISOString() };
      await ctx.state.set('rates', `${base}/${rates.by}`, rates);
      ctx.logger.info('rates are fresh', { base, by: rates.by });
      return rates;
    };
    // One function per way in; each sees the input of its trigger, and what the http one returns is the answer.
    return ctx.match({
      http: async (request) => ({ status: 200, body: await refresh(request.request.pathParams['base'] ?? 'EUR') }),
      queue: async ({ base }) => void (await refresh(base)),
      cron: async (slot) => {
        await refresh('EUR');
        // The slot is the name of the message: a run that is tried again asks for the same work, not for more.
        await ctx.enqueue({ topic: 'rates.stale', data: { base: 'USD' }, dedupId: slot.scheduledTime });
      },
    });
  },
);

interface Rates {
  readonly base: string;
  readonly by: string;
  readonly at: string;
}
