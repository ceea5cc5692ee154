import { describe, expect, it } from '@jest/globals';
import { BuiltinQueueAdapter } from '../src/index.js';
import { completed, dataOf, message, openJobStore } from '../src/testing/open-job-store.js';

const retention = { historyMs: 60_000, historyJobs: 3, resultMs: 120_000, deadLetterMs: 600_000 };

describe('a subscriber that comes back while its messages are given up', () => {
  it('Q8 gets what is left of each group, in order', async () => {
    await using test = await openJobStore({ adapter: BuiltinQueueAdapter }, { store_method: 'in_memory' });
    const { queue } = await test.subscribe('orders', 'f', { isFifo: true });
    await test.add(...Array.from({ length: 503 }, (_, id) => message('orders', id, { group: 'a' })));
    await test.store.leave([queue]);
    await test.clock.advance(60_000);
    // They are given up a part at a time.
    expect(await test.store.prune(retention)).toMatchObject({ isMore: true, gaveUp: 500 });
    const { lane } = await test.subscribe('orders', 'f', { isFifo: true });
    for (const id of [500, 501, 502]) {
      const [next] = await test.take(lane);
      if (next === undefined) throw new Error('nothing was handed over');
      expect(dataOf([next])).toEqual([id]);
      await test.settle(completed(next, queue));
    }
  });
});
