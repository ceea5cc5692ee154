import { describe, expect, it } from '@jest/globals';
import { randomNumbers } from '@motia/tools/killer';
import { temporaryFolder } from '@motia/tools/testing';
import { LedgerChecker } from './fixtures/ledger-checker.js';
import { cutLog, RunningEngine } from './fixtures/running-engine.js';

const seed = Number(process.env['MOTIA_KILLER_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const random = randomNumbers(seed);
/** Everything stays in the log, so that its end is what was written last. */
const onlyLog = { checkpoint_pages: 1_000_000 };

describe(`#8 S4 what is on the disk at any instant (seed ${seed})`, () => {
  it('holds everything that was acknowledged, while the log is written back all the time', async () => {
    await using folder = temporaryFolder('store-power');
    await using engine = await RunningEngine.start(folder, { checkpoint_pages: 16 }, seed);
    for (let round = 0; round < 10; round += 1) {
      const instant = await engine.freeze(20 + random() * 60);
      expect(instant.checker.faults(instant.file)).toEqual([]);
    }
  }, 60_000);

  it('full: holds everything that was acknowledged by then, also when all that came later is torn off anywhere', async () => {
    await using folder = temporaryFolder('store-power');
    await using engine = await RunningEngine.start(folder, { durability: 'full', ...onlyLog }, seed);
    for (let round = 0; round < 8; round += 1) {
      const before = await engine.freeze(20 + random() * 40);
      const after = await engine.freeze(20 + random() * 40);
      cutLog(after, before.logBytes + Math.floor(random() * (after.logBytes - before.logBytes)));
      expect(after.checker.answeredBy(before.checker).faults(after.file)).toEqual([]);
    }
  }, 60_000);

  it('normal: is whole, although the end of the log is gone', async () => {
    await using folder = temporaryFolder('store-power');
    await using engine = await RunningEngine.start(folder, { durability: 'normal', ...onlyLog }, seed);
    for (let round = 0; round < 8; round += 1) {
      const instant = await engine.freeze(20 + random() * 40);
      // The tables themselves stand at its beginning, and were synced long ago.
      cutLog(instant, Math.max(200_000, Math.floor(instant.logBytes * random())));
      expect(instant.checker.answeredBy(new LedgerChecker()).faults(instant.file)).toEqual([]);
    }
  }, 60_000);
});
