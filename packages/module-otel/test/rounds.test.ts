import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '@motia/engine-core/testing';
import { Rounds } from '../src/rounds.js';

describe('rounds', () => {
  it('come every ten seconds while something happens, every minute while nothing does, and not after a stop', async () => {
    const clock = new ManualClock();
    let rounds = 0;
    let isBusy = true;
    const made = new Rounds({ clock, round: () => { rounds += 1; return isBusy; } });
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
});
