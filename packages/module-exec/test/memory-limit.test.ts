import { describe, expect, it } from '@jest/globals';
import { MemoryLimit } from '../src/memory-limit.js';
import { CollectedLogs } from './support/collected-logs.js';
import { HandClock } from './support/hand-clock.js';

describe('the memory limit', () => {
  it('outlasts a look that fails, and looks again', async () => {
    const clock = new HandClock();
    const logs = new CollectedLogs();
    let looks = 0;
    const process = {
      memberPids: async () => {
        looks += 1;
        throw new Error('EMFILE: too many open files');
      },
    };
    const limit = new MemoryLimit({ clock, logger: logs.logger, limitBytes: 1, intervalMs: 1_000, replicas: [{ process, state: 'ready' } as never], recycle: async () => undefined });
    limit.start();
    for (let time = 1; time <= 2; time += 1) {
      clock.advance(1_000);
      for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
      expect([looks, logs.messages().length]).toEqual([time, time]);
    }
    limit.stop();
  });
});
