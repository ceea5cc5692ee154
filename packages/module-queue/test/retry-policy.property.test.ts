import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { backoffDelayMs, type BackoffOptions } from '../src/delivery/retry-policy.js';

const options = (more: Partial<BackoffOptions> = {}): BackoffOptions => ({ backoffType: 'exponential', backoffBaseMs: 1_000, backoffMaxMs: 300_000, backoffJitter: 'none', ...more });
const attempts = fc.integer({ min: 1, max: 10_000 });
const anyOptions = fc.record({
  backoffType: fc.constantFrom('exponential' as const, 'fixed' as const, 'linear' as const),
  backoffBaseMs: fc.integer({ min: 0, max: 10_000_000 }),
  backoffMaxMs: fc.integer({ min: 0, max: 10_000_000 }),
  backoffJitter: fc.constantFrom('full' as const, 'none' as const),
});

describe('the delay before a retry', () => {
  it('Q7 grows as its type says', () => {
    const delays = (type: BackoffOptions['backoffType']): readonly number[] => [1, 2, 3, 4].map((attempt) => backoffDelayMs(options({ backoffType: type }), attempt, () => 0));
    expect(delays('exponential')).toEqual([1_000, 2_000, 4_000, 8_000]);
    expect(delays('linear')).toEqual([1_000, 2_000, 3_000, 4_000]);
    expect(delays('fixed')).toEqual([1_000, 1_000, 1_000, 1_000]);
  });

  it('Q7 never exceeds its cap, is never negative and always a whole number, however often it failed', () => {
    fc.assert(
      fc.property(anyOptions, attempts, fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (of, attempt, random) => {
        const delay = backoffDelayMs(of, attempt, () => random);
        expect(Number.isSafeInteger(delay)).toBe(true);
        expect(delay).toBeGreaterThanOrEqual(0);
        expect(delay).toBeLessThanOrEqual(of.backoffMaxMs);
      }),
    );
  });

  it('Q7 is between nothing and the whole delay with full jitter', () => {
    fc.assert(
      fc.property(anyOptions, attempts, fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (of, attempt, random) => {
        const whole = backoffDelayMs({ ...of, backoffJitter: 'none' }, attempt, () => random);
        expect(backoffDelayMs({ ...of, backoffJitter: 'full' }, attempt, () => random)).toBe(Math.round(whole * random));
      }),
    );
  });

  it('Q7 without jitter it never gets shorter from one attempt to the next', () => {
    fc.assert(
      fc.property(anyOptions, attempts, (of, attempt) => {
        const plain = { ...of, backoffJitter: 'none' as const };
        expect(backoffDelayMs(plain, attempt + 1, () => 0)).toBeGreaterThanOrEqual(backoffDelayMs(plain, attempt, () => 0));
      }),
    );
  });
});
