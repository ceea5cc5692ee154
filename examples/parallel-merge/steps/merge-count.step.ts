import { state, step } from 'motia';
import { isComplete, type Count } from '../count.js';

export default step(
  {
    name: 'MergeCount',
    description: 'Runs when the last part has been added: not before, and not again when the item changes later.',
    triggers: [state<Count>({ scope: 'counts', condition: (change) => isComplete(change.newValue) && !isComplete(change.oldValue) })],
  },
  async (change, ctx) => {
    const { parts, results, words } = change.newValue as Count;
    const longest = Math.max(...Object.values(results));
    await ctx.state.set('reports', change.key, { parts, words, longest });
    ctx.logger.info('count is complete', { countId: change.key, parts, words });
  },
);
