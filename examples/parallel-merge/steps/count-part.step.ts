import { queue, step } from 'motia';
import { z } from 'zod';

export default step(
  {
    name: 'CountPart',
    description: 'Counts the words of one part and adds them to the whole.',
    triggers: [queue('part.created', { input: z.object({ countId: z.string(), part: z.number(), text: z.string() }) })],
  },
  async ({ countId, part, text }, ctx) => {
    const words = text.split(/\s+/).filter(Boolean).length;
    try {
      await ctx.transaction((tx) => {
        // Messages come at least once. Version 0 stands for a key that does not exist: a part that comes again is refused here, and not added twice.
        tx.state.set('counted-parts', `${countId}/${part}`, process.pid, { ifVersion: 0, ttlMs: 86_400_000 });
        // While these are applied nobody else changes the item: nothing is read and written back, and nothing is lost.
        tx.state.update('counts', countId, [
          { type: 'merge', path: 'results', value: { [part]: words } },
          { type: 'increment', path: 'words', by: words },
        ]);
      });
    } catch (error) {
      if ((error as { code?: string }).code !== 'MOTIA_STATE_VERSION_CONFLICT') throw error;
      ctx.logger.info('part was counted before', { countId, part });
    }
  },
);
