import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { decideRestart, noCrashes, type CrashHistory, type RestartPolicy } from '../src/restart-policy.js';

const policy: RestartPolicy = { delayMs: 250, maxDelayMs: 30_000, resetMs: 10_000, maxCrashes: 5, windowMs: 60_000 };

const crashes = fc.array(fc.record({ afterMs: fc.integer({ min: 0, max: 90_000 }), healthyMs: fc.integer({ min: 0, max: 30_000 }), random: fc.double({ min: 0, max: 0.999_999, noNaN: true }) }), {
  minLength: 1,
  maxLength: 40,
});

/** Replays crashes as long as the policy restarts; answers every decision with the time of its crash. */
function replay(steps: readonly { afterMs: number; healthyMs: number; random: number }[]) {
  let history: CrashHistory = noCrashes;
  let atMs = 0;
  return steps.map((step) => {
    atMs += step.afterMs;
    const decision = decideRestart(policy, history, { atMs, healthyMs: step.healthyMs }, step.random);
    history = decision.history;
    return { atMs, step, decision };
  });
}

describe('restart policy', () => {
  it('E2 waits 250 ms doubled per crash in a row, capped at 30 s, within 20 % either way', () => {
    fc.assert(
      fc.property(crashes, (steps) => {
        let streak = 0;
        for (const { step, decision } of replay(steps)) {
          streak = step.healthyMs >= 10_000 ? 1 : streak + 1;
          if (decision.action === 'fatal') continue;
          const exact = Math.min(30_000, 250 * 2 ** (streak - 1));
          expect(decision.delayMs).toBeGreaterThanOrEqual(Math.floor(exact * 0.8));
          expect(decision.delayMs).toBeLessThanOrEqual(Math.ceil(exact * 1.2));
        }
      }),
    );
  });

  it('E2 gives up exactly when the fifth crash within 60 s happens', () => {
    fc.assert(
      fc.property(crashes, (steps) => {
        const replayed = replay(steps);
        for (const [index, { atMs, decision }] of replayed.entries()) {
          const within = replayed.slice(0, index + 1).filter((earlier) => atMs - earlier.atMs < 60_000).length;
          expect(decision.action).toBe(within >= 5 ? 'fatal' : 'restart');
        }
      }),
    );
  });

  it('E2 starts the doubling over after 10 s of health', () => {
    const flapping = { streak: 9, recentMs: [] };
    const decision = decideRestart(policy, flapping, { atMs: 1_000_000, healthyMs: 10_000 }, 0.5);
    expect(decision).toMatchObject({ action: 'restart', delayMs: 250, history: { streak: 1 } });
  });

  it('stays finite for a process that flaps for days', () => {
    const patient: RestartPolicy = { ...policy, maxCrashes: 1_000, windowMs: 1 };
    const decision = decideRestart(patient, { streak: 5_000, recentMs: [] }, { atMs: 9e9, healthyMs: 0 }, 0.5);
    expect(decision).toMatchObject({ action: 'restart', delayMs: 30_000 });
  });
});
