import { describe, expect, it } from '@jest/globals';
import { ManualClock, startTestHost } from '@motia/engine-core/testing';
import { ExportPump } from '../src/export/export-pump.js';

describe('a pump', () => {
  it('goes on after a source that could not be read, as after a receiver that takes nothing (O1)', async () => {
    const clock = new ManualClock();
    await using host = await startTestHost([]);
    const sent: number[] = [];
    const reasons: (string | undefined)[] = [];
    let written = 0;
    let isBroken = true;
    const pump = new ExportPump<number>({
      clock, logger: host.logger, what: 'metrics', destination: 'a collector', batchSize: 10, intervalMs: 1_000, timeoutMs: 5_000, onHealth: (reason) => void reasons.push(reason),
      source: {
        written: () => written,
        read: (from) => {
          if (isBroken) throw new Error('a gauge threw');
          return { batch: from, count: written - from, next: written, missed: 0 };
        },
      },
      send: async (from) => {
        sent.push(from);
        return { rejected: 0 };
      },
    });
    pump.start();
    written = 3;
    await clock.advance(1_000);
    expect([reasons.at(-1), pump.counters]).toEqual([expect.stringContaining('a gauge threw'), { sent: 0, dropped: 0, failures: 1, waiting: 3 }]);
    isBroken = false;
    await clock.advance(1_000);
    expect([sent, reasons.at(-1), pump.counters]).toEqual([[0], undefined, { sent: 3, dropped: 0, failures: 1, waiting: 0 }]);
    await pump.stop(100);
  });
});
