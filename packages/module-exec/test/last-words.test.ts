import { describe, expect, it } from '@jest/globals';
import { execErrors } from '../src/errors.js';
import { lossByExit } from '../src/loss.js';

const words = (stderr: readonly string[]): readonly string[] =>
  execErrors.COMMAND_FAILED({ command: 'npm run build', status: 'exit code 1', stderr }).message.split('\n').slice(1).map((line) => line.replace(/^ {2}\| /, ''));

describe('last words of a process', () => {
  it('begin with the code of a failure and leave out what went well', () => {
    const failure = ['MOTIA_SDK_APP_LOAD_FAILED: The app does not start:', '  a.step.ts:2:7: Error: boom', 'Fix the places named above.'];
    expect(words(['Built 9 step files in 73 ms', 'some note', ...failure])).toEqual(failure);
  });

  it('begin with the lines above the first error, where Node shows the source', () => {
    const crash = ['file:///app/a.js:2', 'throw new TypeError("boom")', '      ^', 'TypeError: boom', ...Array.from({ length: 10 }, (_, index) => `    at frame${index} (a.js:1:1)`), 'Node.js v20'];
    expect(words(['hello', 'world', ...crash])).toEqual(['hello', 'world', ...crash]);
  });

  it('keep the first and the last lines of a long report, and the last ones where nothing reads like an error', () => {
    const long = words(['src/a.ts(1,2): error TS1005: expected', ...Array.from({ length: 35 }, (_, index) => `line ${index}`)]);
    expect([long[0], long.length, long[12], long.at(-1)]).toEqual(['src/a.ts(1,2): error TS1005: expected', 25, '… 12 lines …', 'line 34']);
    expect(words(Array.from({ length: 35 }, (_, index) => `line ${index}`))).toHaveLength(24);
  });
});

describe('a process that ended', () => {
  const end = { command: 'motia dev', status: { code: 1, signal: null }, uptimeMs: 5, stderr: [], wasReady: false, wasWorker: false };

  it.each([
    ['before it was ready', {}, 'MOTIA_EXEC_PROCESS_START_FAILED'],
    ['after it was ready', { wasReady: true }, 'MOTIA_EXEC_PROCESS_EXITED'],
    ['well, too early', { status: { code: 0, signal: null } }, 'MOTIA_EXEC_PROCESS_EXITED'],
    ['by SIGKILL of somebody', { wasReady: true, status: { code: null, signal: 'SIGKILL' } }, 'MOTIA_EXEC_PROCESS_KILLED'],
    ['with a full heap', { wasReady: true, status: { code: null, signal: 'SIGABRT' }, stderr: ['JavaScript heap out of memory'] }, 'MOTIA_EXEC_PROCESS_OUT_OF_MEMORY'],
  ] as const)('%s is told so', (_, more, code) => {
    expect(lossByExit({ ...end, ...more }).error.code).toBe(code);
  });
});
