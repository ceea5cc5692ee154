import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { reconnectDelayMs } from '../../../src/runtime/remote/reconnect-policy.js';

describe('the delay before connecting again', () => {
  it('is 1 s, 2 s, 4 s … 30 s without chance', () => {
    expect([0, 1, 2, 3, 4, 5, 6, 1_000_000].map((failures) => reconnectDelayMs(failures, 0))).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
  });

  it('is shortened by up to 30 %, never longer than 30 s, and never shorter after more failures by the same chance', () => {
    fc.assert(fc.property(fc.nat(10_000), fc.double({ min: 0, max: 1, noNaN: true }), (failures, random) => {
      const delay = reconnectDelayMs(failures, random);
      const full = reconnectDelayMs(failures, 0);
      expect(delay).toBeLessThanOrEqual(full);
      expect(delay).toBeGreaterThanOrEqual(Math.floor(full * 0.7));
      expect(delay).toBeLessThanOrEqual(30_000);
      expect(reconnectDelayMs(failures + 1, random)).toBeGreaterThanOrEqual(delay);
    }));
  });
});
