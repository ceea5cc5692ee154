import { getEventListeners } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { delay } from '../src/system/delay.js';
import { ManualClock } from '../src/testing/index.js';

describe('a delay', () => {
  it('ends when its time is over, or when it is called off, and leaves nothing behind', async () => {
    const clock = new ManualClock();
    const stop = new AbortController();
    const ended: string[] = [];
    void delay(clock, 1_000, stop.signal).then(() => ended.push('in time'));
    void delay(clock, 5_000, stop.signal).then(() => ended.push('called off'));
    await clock.advance(999);
    expect(ended).toEqual([]);
    await clock.advance(1);
    expect([ended, getEventListeners(stop.signal, 'abort').length]).toEqual([['in time'], 1]);
    stop.abort();
    await Promise.resolve();
    expect([ended, clock.pendingTimers, getEventListeners(stop.signal, 'abort').length]).toEqual([['in time', 'called off'], 0, 0]);
    await delay(clock, 5_000, stop.signal);
    expect(clock.pendingTimers).toBe(0);
  });
});
