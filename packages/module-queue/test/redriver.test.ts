import { describe, expect, it } from '@jest/globals';
import { ManualClock, memoryLogger } from '@motia/engine-core/testing';
import { Redriver } from '../src/admin/redriver.js';
import type { JobStore, MoveTask } from '../src/job-store.js';

describe('a redrive that the store refuses to go on with', () => {
  it('Q12 answers that it is under way, and is tried again until the store takes it', async () => {
    const clock = new ManualClock();
    const logger = memoryLogger();
    const task: MoveTask = { queue: 1, filter: { queue: 1 }, toHead: false, moved: 7, startedAtMs: 0, state: 'done' };
    let refusals = 2;
    let steps = 0;
    const store: Pick<JobStore, 'startMove' | 'stepMove'> = {
      startMove: async () => undefined,
      stepMove: async () => {
        steps += 1;
        if ((refusals -= 1) >= 0) throw new Error('the disk is full');
        return task;
      },
    };
    const moved: MoveTask[] = [];
    const redriver = new Redriver({ store: store as JobStore, clock, logger, onMoved: async (each) => void moved.push(each) });
    expect(await redriver.start({ queue: 1, filter: { queue: 1 }, toHead: false })).toMatchObject({ state: 'running', moved: 0 });
    await clock.advance('5s');
    expect([steps, moved]).toEqual([2, []]);
    await clock.advance('5s');
    expect([steps, moved]).toEqual([3, [task]]);
    expect(logger.messages('warn')).toEqual(Array.from({ length: 2 }, () => 'A redrive cannot go on; it is tried again'));
    await redriver.stop();
  });
});
