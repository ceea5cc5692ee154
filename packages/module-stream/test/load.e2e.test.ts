import { describe, expect, it } from '@jest/globals';
import { idleAndSlow, reconnectStorm } from './fixtures/load-scenarios.js';

/** The same at full size is `load.soak.test.ts`. */
describe('many clients', () => {
  it('T4 1,000 idle ones, 20 that do not read, 20 that do: these get every change, and idle ones cost little', async () => {
    const { bytesPerIdle } = await idleAndSlow({ idle: 1_000, slow: 20, living: 20 });
    expect(bytesPerIdle).toBeLessThan(30_000);
  }, 120_000);

  it('T3 300 whose engine is killed come back at once and resume from the log: no snapshot is read', async () => {
    await reconnectStorm({ clients: 300 });
  }, 120_000);
});
