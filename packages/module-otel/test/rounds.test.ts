import { describe, expect, it } from '@jest/globals';
import { ManualClock, memoryLogger } from '@motia/engine-core/testing';
import { Rounds } from '../src/rounds.js';

describe('rounds', () => {
  it('come every ten seconds while something happens, every minute while nothing does, and not after a stop', async () => {
    const clock = new ManualClock();
    let rounds = 0;
    let isBusy = true;
    const made = new Rounds({ clock, logger: memoryLogger(), chores: { count: () => { rounds += 1; } }, isBusy: () => isBusy });
    made.start();
    await clock.advance('1m');
    expect(rounds).toBe(6);
    isBusy = false;
    await clock.advance(`${10 + 3 * 60}s`);
    expect(rounds).toBe(10);
    isBusy = true;
    await clock.advance('80s');
    expect(rounds).toBe(13);
    made.stop();
    await clock.advance('1h');
    expect([rounds, clock.pendingTimers]).toEqual([13, 0]);
  });

  it('go on when something fails, with everything else, and say so once while it does', async () => {
    const clock = new ManualClock();
    const logger = memoryLogger();
    let isBroken = true;
    let others = 0;
    const made = new Rounds({ clock, logger, chores: { broken: () => { if (isBroken) throw new Error('of somebody else'); }, other: () => { others += 1; } }, isBusy: () => true });
    made.start();
    await clock.advance('30s');
    isBroken = false;
    await clock.advance('10s');
    isBroken = true;
    await clock.advance('20s');
    made.stop();
    expect(others).toBe(6);
    expect(logger.records).toMatchObject([{ level: 'warn', fields: { chore: 'broken' } }, { level: 'warn', fields: { chore: 'broken' } }]);
  });
});
