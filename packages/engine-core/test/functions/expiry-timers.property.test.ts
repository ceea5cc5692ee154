import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ExpiryTimers, type Expiring } from '../../src/functions/expiry-timers.js';
import { ManualClock } from '../../src/testing/manual-clock.js';

function node(onExpired: (nowMs: number) => void): Expiring {
  return { expiresAtMs: 0, expiryList: undefined, expiryPrevious: undefined, expiryNext: undefined, onExpired };
}

describe('deadlines', () => {
  it('fire never early, at most 8 ms late, only for what was not removed, and leave no timer behind', async () => {
    const item = fc.record({ delayMs: fc.oneof(fc.integer({ min: 1, max: 50 }), fc.double({ min: 0.5, max: 5000, noNaN: true })), gapMs: fc.integer({ min: 0, max: 20 }), isRemoved: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.array(item, { maxLength: 40 }), async (items) => {
        const clock = new ManualClock();
        const timers = new ExpiryTimers(clock);
        const fired: { dueMs: number; atMs: number; isRemoved: boolean }[] = [];
        const removals: Expiring[] = [];
        for (const { delayMs, gapMs, isRemoved } of items) {
          if (gapMs > 0) await clock.advance(gapMs);
          const dueMs = clock.monotonicMs() + delayMs;
          const added = node((atMs) => fired.push({ dueMs, atMs, isRemoved }));
          timers.add(added, delayMs, clock.monotonicMs());
          if (isRemoved) timers.remove(added);
          else removals.push(added);
        }
        await clock.advance(6000);
        expect(fired).toHaveLength(items.filter(({ isRemoved }) => !isRemoved).length);
        for (const { dueMs, atMs, isRemoved } of fired) {
          expect(isRemoved).toBe(false);
          expect(atMs).toBeGreaterThanOrEqual(dueMs);
          // The clock of the test fires on whole milliseconds.
          expect(atMs - dueMs).toBeLessThanOrEqual(9);
        }
        expect(clock.pendingTimers).toBe(0);
      }),
      { numRuns: 50 },
    );
  });

  it('take one timer for any number of calls with the same limit', () => {
    const clock = new ManualClock();
    const timers = new ExpiryTimers(clock);
    const nodes = Array.from({ length: 1000 }, () => node(() => undefined));
    for (const added of nodes) timers.add(added, 30_000, clock.monotonicMs());
    expect(clock.pendingTimers).toBe(1);
    timers.stop();
    expect(clock.pendingTimers).toBe(0);
    expect(nodes.every(({ expiryList }) => expiryList === undefined)).toBe(true);
  });
});
