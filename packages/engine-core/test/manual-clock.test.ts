import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ManualClock } from '../src/testing/index.js';
import { toMilliseconds } from '../src/testing/duration.js';
import { systemClock } from '../src/index.js';
import { longestDelayMs } from '../src/system/system-clock.js';

describe('ManualClock', () => {
  it('moves only when it is told to, both scales together', async () => {
    const clock = new ManualClock('2026-03-29T00:59:59Z');
    const [now, monotonic] = [clock.now(), clock.monotonicMs()];
    await clock.advance('1h30m');
    expect([clock.now() - now, clock.monotonicMs() - monotonic]).toEqual([5_400_000, 5_400_000]);
  });

  it('fires timers in the order of their times, and those set for the same time as they were set', async () => {
    const clock = new ManualClock(0);
    const fired: string[] = [];
    for (const [name, delay] of [['c', 30], ['a', 10], ['b1', 20], ['b2', 20]] as const) clock.setTimeout(() => fired.push(`${name}@${clock.now()}`), delay);
    await clock.advance(25);
    expect(fired).toEqual(['a@10', 'b1@20', 'b2@20']);
    expect([clock.now(), clock.pendingTimers, clock.nextTimerInMs]).toEqual([25, 1, 5]);
  });

  it('fires timers that callbacks add on the way, also behind an await', async () => {
    const clock = new ManualClock(0);
    const fired: number[] = [];
    clock.setTimeout(async () => {
      await Promise.resolve();
      await new Promise((resolve) => setImmediate(resolve));
      clock.setTimeout(() => fired.push(clock.now()), 10);
    }, 10);
    await clock.advance('1s');
    expect(fired).toEqual([20]);
  });

  it('repeats an interval without drifting, until it is cleared', async () => {
    const clock = new ManualClock(0);
    const fired: number[] = [];
    const timer = clock.setInterval(() => {
      fired.push(clock.now());
      if (fired.length === 3) clock.clear(timer);
    }, 7);
    await clock.advance(100);
    expect(fired).toEqual([7, 14, 21]);
    clock.clear(timer);
    clock.clear(undefined);
    expect(clock.pendingTimers).toBe(0);
  });

  it('jumps on the wall without any timer noticing', async () => {
    const clock = new ManualClock(1_000_000);
    const fired: number[] = [];
    clock.setTimeout(() => fired.push(clock.now()), 10);
    clock.jump(0);
    expect([clock.now(), clock.monotonicMs()]).toEqual([0, 0]);
    await clock.advance(10);
    expect(fired).toEqual([10]);
  });

  it('fires everything due and nothing else, in order, for any set of timers', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 1000 }), { maxLength: 20 }), fc.integer({ min: 0, max: 1000 }), async (delays, until) => {
        const clock = new ManualClock(0);
        const fired: number[] = [];
        for (const delay of delays) clock.setTimeout(() => fired.push(clock.monotonicMs()), delay);
        await clock.advance(until);
        expect(fired).toEqual(delays.filter((delay) => delay <= until).sort((a, b) => a - b));
      }),
      { numRuns: 50 },
    );
  });

  it('counts the holds that are taken', () => {
    const clock = new ManualClock();
    const [one, other] = [clock.hold(), clock.hold()];
    expect(clock.holds).toBe(0);
    one.set(true);
    one.set(true);
    other.set(true);
    expect(clock.holds).toBe(2);
    one.set(false);
    one.set(false);
    expect(clock.holds).toBe(1);
    other.set(false);
    expect(clock.holds).toBe(0);
  });

  it('refuses what is no duration and no time', async () => {
    for (const wrong of ['3', '3 days', '', 'h', '1h-2m', '1x']) expect(() => toMilliseconds(wrong)).toThrow(RangeError);
    expect([toMilliseconds('3d'), toMilliseconds('1h 30m'), toMilliseconds('250ms'), toMilliseconds('1.5s'), toMilliseconds('2w')]).toEqual([259_200_000, 5_400_000, 250, 1500, 1_209_600_000]);
    await expect(new ManualClock().advance(-1)).rejects.toThrow(RangeError);
    expect(() => new ManualClock('yesterday')).toThrow(RangeError);
  });
});

describe('systemClock', () => {
  it('clamps delays that Node would fire at once', async () => {
    let hasFired = false;
    const timer = systemClock.setTimeout(() => (hasFired = true), longestDelayMs * 2);
    // Unclamped it would fire after one millisecond.
    await new Promise((resolve) => setTimeout(resolve, 10));
    systemClock.clear(timer);
    expect(hasFired).toBe(false);
  });

  it('tells the time, clears intervals, and takes undefined for a timer', async () => {
    let count = 0;
    const timer = systemClock.setInterval(() => (count += 1), 1);
    systemClock.clear(timer);
    systemClock.clear(undefined);
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(count).toBe(0);
    expect(Math.abs(systemClock.now() - Date.now())).toBeLessThan(1000);
    expect(systemClock.monotonicMs()).toBeLessThanOrEqual(systemClock.monotonicMs());
  });
});
