import { describe, expect, it } from '@jest/globals';
import { failuresOf } from '../jest/count-reporter.mjs';
import { addUp, report } from '../workspace/test-report.mjs';

const step = { seconds: 1.25, tail: '', passed: 3, failed: 0, skipped: 0, failures: [] };

describe('The report of npm test', () => {
  it('ends with the totals', () => {
    expect(report([{ ...step, name: 'unit' }, { ...step, name: 'e2e', skipped: 2 }]).at(-1)).toBe('6 passed, 0 failed, 2 skipped');
  });

  it('names what failed, with the package and the message', () => {
    const unit = addUp([
      { folder: 'packages/a', result: { passed: 1, failed: 0, skipped: 0 } },
      { folder: 'packages/b', result: { passed: 1, failed: 1, skipped: 0, failures: [{ file: 'test/b.test.ts', test: 'Q1 keeps it', message: 'expected 1\nreceived 0' }] } },
    ]);
    const lines = report([{ ...step, ...unit, name: 'unit' }]).join('\n');
    expect(lines).toContain('FAILED unit: packages/b/test/b.test.ts: Q1 keeps it\n  expected 1\n  received 0\n\n2 passed, 1 failed');
  });

  it('shows the end of the output of a step that names no tests', () => {
    const lines = report([{ ...step, name: 'lint', passed: 0, failed: 1, tail: 'a.ts\n  1:1 error' }]).join('\n');
    expect(lines).toContain('FAILED lint; the end of its output:\n  a.ts\n    1:1 error');
  });
});

describe('The failures of a test file', () => {
  const file = { testFilePath: '/repo/packages/a/test/a.test.ts', testExecError: undefined, failureMessage: undefined };

  it('are its failed tests, without colours', () => {
    const testResults = [
      { status: 'passed', fullName: 'a works', failureMessages: [] },
      { status: 'failed', fullName: 'b works', failureMessages: ['\u001B[31mno\u001B[39m'] },
    ];
    expect(failuresOf({ ...file, testResults }, '/repo/packages/a')).toEqual([{ file: 'test/a.test.ts', test: 'b works', message: 'no' }]);
  });

  it('are the file itself when it does not load', () => {
    expect(failuresOf({ ...file, testResults: [], testExecError: { message: 'x' }, failureMessage: 'Cannot find module' }, '/repo/packages/a')).toEqual([
      { file: 'test/a.test.ts', test: 'the file as a whole', message: 'Cannot find module' },
    ]);
  });
});
