import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Writes results/<kind>.json with the counts of a run, so that a total can be formed even from cached runs. */
export default class CountReporter {
  #file;
  #isPartial;

  constructor(globalConfig) {
    const folder = join(globalConfig.rootDir, 'results');
    this.#file = join(folder, `${process.env['MOTIA_TEST_KIND'] ?? 'test'}.json`);
    this.#isPartial = Boolean(globalConfig.testNamePattern) || globalConfig.nonFlagArgs.length > 0;
  }

  onRunStart() {
    if (!this.#isPartial) rmSync(this.#file, { force: true });
  }

  onRunComplete(_contexts, results) {
    if (this.#isPartial) return;
    mkdirSync(dirname(this.#file), { recursive: true });
    const counts = {
      passed: results.numPassedTests,
      // A file that does not even load has no tests to count, so it counts as one failure.
      failed: results.numFailedTests + results.numRuntimeErrorTestSuites,
      skipped: results.numPendingTests + results.numTodoTests,
    };
    writeFileSync(this.#file, `${JSON.stringify(counts)}\n`);
  }
}
