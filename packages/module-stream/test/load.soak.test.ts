import { describe, expect, it } from '@jest/globals';
import { idleAndSlow, reconnectStorm } from './fixtures/load-scenarios.js';

describe('a great many clients', () => {
  it('T4 10,000 idle ones, 100 that do not read, 100 that do: these get every change, and idle ones cost little', async () => {
    const { bytesPerIdle } = await idleAndSlow({ idle: 10_000, slow: 100, living: 100 });
    expect(bytesPerIdle).toBeLessThan(30_000);
  }, 300_000);

  it('T3 2,000 whose engine is killed come back at once and resume from the log: no snapshot is read', async () => {
    await reconnectStorm({ clients: 2_000 });
  }, 300_000);
});
