import { describe, expect, it } from '@jest/globals';
import { stopwatch } from '@motia/tools/stopwatch';

function ticking() {
  const times = { nowMs: 5_000, withheldMs: 700 };
  return { times, readings: { now: () => times.nowMs, withheldMs: () => times.withheldMs } };
}

describe('a stopwatch', () => {
  it('counts what passed since it was started, less what was withheld since then', () => {
    const { times, readings } = ticking();
    const watch = stopwatch('machine', readings);
    times.nowMs += 300;
    expect(watch.elapsedMs()).toBe(300);
    times.withheldMs += 120;
    expect(watch.elapsedMs()).toBe(180);
    times.nowMs += 50;
    expect(watch.elapsedMs()).toBe(230);
  });

  it('is never negative, for several may be kept waiting at the same time', () => {
    const { times, readings } = ticking();
    const watch = stopwatch('machine', readings);
    times.nowMs += 10;
    times.withheldMs += 40;
    expect(watch.elapsedMs()).toBe(0);
  });

  it.each(['machine', 'thread'] as const)('counts the wait for a timer, and the work of its own thread no longer than it took (%s)', async (whose) => {
    const onWall = performance.now();
    const idle = stopwatch(whose);
    const before = process.cpuUsage();
    while (process.cpuUsage(before).user < 50_000);
    await new Promise((resolve) => setTimeout(resolve, 100));
    const elapsedMs = idle.elapsedMs();
    expect(elapsedMs).toBeLessThanOrEqual(performance.now() - onWall);
    // Others may keep the machine busy all that time, but not this thread: it was its own wish to wait.
    if (whose === 'thread') expect(elapsedMs).toBeGreaterThan(99);
  });
});
