import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const exitGraceMs = 10_000;

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
    exitEventually(this.#file, counts);
  }
}

/** Jest waits for ever for a handle that a test left open; this waits ten seconds and then fails the run. */
function exitEventually(file, counts) {
  setTimeout(() => {
    process.stderr.write('\nA test left something running (a timer, a socket, a worker): jest could not exit by itself.\n');
    writeFileSync(file, `${JSON.stringify({ ...counts, failed: counts.failed + 1 })}\n`);
    process.exit(1);
  }, exitGraceMs).unref();
}
