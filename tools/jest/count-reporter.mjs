import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { stripVTControlCharacters } from 'node:util';

const exitGraceMs = 10_000;
const maxMessageLines = 30;

/** Writes results/<kind>.json with the counts of a run and what failed in it, so that a total can be formed even from cached runs. */
export default class CountReporter {
  #file;
  #rootFolder;
  #isPartial;

  constructor(globalConfig) {
    this.#rootFolder = globalConfig.rootDir;
    this.#file = join(this.#rootFolder, 'results', `${process.env['MOTIA_TEST_KIND'] ?? 'test'}.json`);
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
      failures: results.testResults.flatMap((file) => failuresOf(file, this.#rootFolder)),
    };
    write(this.#file, counts);
    exitEventually(this.#file, counts);
  }
}

/** @returns {{ file: string, test: string, message: string }[]} */
export function failuresOf({ testFilePath, testResults, testExecError, failureMessage }, rootFolder) {
  const file = relative(rootFolder, testFilePath);
  const failed = testResults.filter(({ status }) => status === 'failed');
  const failures = failed.map(({ fullName, failureMessages }) => ({ file, test: fullName, message: shorten(failureMessages.join('\n')) }));
  if (testExecError) failures.push({ file, test: 'the file as a whole', message: shorten(failureMessage ?? testExecError.message ?? '') });
  return failures;
}

function shorten(text) {
  return stripVTControlCharacters(text).split('\n').slice(0, maxMessageLines).join('\n').trimEnd();
}

/** Jest waits for ever for a handle that a test left open; this waits ten seconds and then fails the run. */
function exitEventually(file, counts) {
  setTimeout(() => {
    const message = 'A test left something running (a timer, a socket, a worker): jest could not exit by itself.';
    process.stderr.write(`\n${message}\n`);
    write(file, { ...counts, failed: counts.failed + 1, failures: [...counts.failures, { file: '', test: 'jest', message }] });
    process.exit(1);
  }, exitGraceMs).unref();
}

function write(file, counts) {
  writeFileSync(file, `${JSON.stringify(counts)}\n`);
}
