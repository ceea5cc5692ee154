import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '@motia/engine-core/testing';
import type { Hub } from '../src/delivery/hub.js';
import { Connections, sweepMs, type OpenClient } from '../src/gateway/connections.js';

describe('those who are connected', () => {
  it('are looked at every second, and nobody is looked for when nobody is there', async () => {
    const clock = new ManualClock();
    const connections = new Connections(clock, { forgetSnapshots: () => undefined } as unknown as Hub);
    const checks: number[] = [];
    const client = { connection: { subscriptionCount: 0 }, isAuthenticated: false, check: (nowMs: number) => void checks.push(nowMs), terminate: () => undefined } as unknown as OpenClient;
    connections.start();
    expect(clock.pendingTimers).toBe(0);
    connections.add(client);
    await clock.advance(3 * sweepMs);
    expect(checks).toEqual([1000, 2000, 3000]);
    connections.remove(client);
    await clock.advance(sweepMs);
    expect([clock.pendingTimers, checks.length]).toEqual([0, 3]);
    connections.add(client);
    await clock.advance(sweepMs);
    expect(checks.length).toBe(4);
    connections.stop();
    expect(clock.pendingTimers).toBe(0);
  });
});
