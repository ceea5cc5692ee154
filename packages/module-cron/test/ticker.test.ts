import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '@motia/engine-core/testing';
import fc from 'fast-check';
import { DueHeap } from '../src/due-heap.js';
import { rearmMs, Ticker, type Ticking } from '../src/ticker.js';

const t0 = Date.parse('2026-03-10T12:00:00Z');
interface Thing extends Ticking {
  readonly name: string;
}
const thing = (name: string, isPaused = false): Thing => ({ name, dueMs: undefined, isPaused, isAwaited: false });

function start() {
  const clock = new ManualClock(t0);
  const due: string[] = [];
  const jumps: number[] = [];
  const ticker = new Ticker<Thing>(clock, { onDue: (things, nowMs) => due.push(...things.map(({ name }) => `${name}@${String((nowMs - t0) / 1_000)}`)), onJump: (byMs) => jumps.push(byMs) });
  ticker.start();
  return { clock, due, jumps, ticker };
}

describe('the ticker', () => {
  it('tells each thing once, when it is due', async () => {
    const { clock, due, ticker } = start();
    for (const [name, atS] of [['c', 30], ['a', 10], ['b', 20], ['b2', 20]] as const) ticker.arm(thing(name), t0 + atS * 1_000);
    await clock.advance('40s');
    expect([due[0], [...due.slice(1, 3)].sort(), due[3]]).toEqual(['a@10', ['b2@20', 'b@20'], 'c@30']);
  });

  it('forgets what is armed anew or disarmed', async () => {
    const { clock, due, ticker } = start();
    const [moved, dropped] = [thing('moved'), thing('dropped')];
    ticker.arm(moved, t0 + 10_000);
    ticker.arm(dropped, t0 + 10_000);
    ticker.arm(moved, t0 + 5_000);
    ticker.arm(dropped, undefined);
    await clock.advance('20s');
    expect(due).toEqual(['moved@5']);
  });

  it('has one timer for ten thousand things, set anew every 60 seconds at least', async () => {
    const { clock, ticker } = start();
    for (let n = 0; n < 10_000; n += 1) ticker.arm(thing(String(n)), t0 + 40 * 86_400_000 + n);
    expect([clock.pendingTimers, clock.nextTimerInMs]).toEqual([1, rearmMs]);
    await clock.advance('10m');
    expect([clock.pendingTimers, clock.nextTimerInMs]).toEqual([1, rearmMs]);
  });

  it('C6 notices a jump of the clock within a minute, and what became due by it', async () => {
    const { clock, due, jumps, ticker } = start();
    ticker.arm(thing('late'), t0 + 1_800_000);
    clock.jump(t0 + 3_600_000);
    await clock.advance('60s');
    expect([due, jumps]).toEqual([['late@3660'], [3_600_000]]);
  });

  it('C6 what is armed after a jump ahead is due in its time', async () => {
    const { clock, due, ticker } = start();
    clock.jump(t0 + 3_600_000);
    ticker.arm(thing('soon'), t0 + 3_605_000);
    await clock.advance('5s');
    expect(due).toEqual(['soon@3605']);
  });

  it('C6 notices that the clock went back, and waits for the time itself', async () => {
    const { clock, due, jumps, ticker } = start();
    ticker.arm(thing('later'), t0 + 600_000);
    clock.jump(t0 - 3_600_000);
    await clock.advance('69m');
    expect([due, jumps]).toEqual([[], [-3_600_000]]);
    await clock.advance('2m');
    expect(due).toEqual(['later@600']);
  });

  it('holds the process while something that is not paused is armed, or was due and is to be armed anew', async () => {
    const { clock, ticker } = start();
    const [paused, awaited] = [thing('paused', true), thing('awaited')];
    ticker.arm(paused, t0 + 1_000);
    expect(clock.holds).toBe(0);
    ticker.arm(awaited, t0 + 1_000);
    await clock.advance('2s');
    expect(clock.holds).toBe(1);
    ticker.arm(awaited, t0 + 5_000);
    ticker.stop();
    expect(clock.holds).toBe(0);
    ticker.start();
    expect(clock.holds).toBe(1);
    ticker.arm(awaited, undefined);
    expect(clock.holds).toBe(0);
  });

  it('is quiet after its stop', async () => {
    const { clock, due, ticker } = start();
    ticker.arm(thing('a'), t0 + 1_000);
    ticker.stop();
    await clock.advance('1h');
    expect([due, clock.pendingTimers]).toEqual([[], 0]);
  });
});

describe('the heap', () => {
  it('gives entries back in the order of their times', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.integer({ min: 0, max: 50 }), fc.constant('pop' as const)), { maxLength: 200 }), (steps) => {
        const heap = new DueHeap<{ dueMs: number }>();
        const model: number[] = [];
        for (const step of steps) {
          if (step === 'pop') expect(heap.pop()?.dueMs).toBe(model.sort((a, b) => a - b).shift());
          else {
            heap.push({ dueMs: step });
            model.push(step);
          }
          expect([heap.size, heap.peek()?.dueMs]).toEqual([model.length, model.length === 0 ? undefined : Math.min(...model)]);
        }
      }),
    );
  });
});
