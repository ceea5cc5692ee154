import { describe, expect, it } from '@jest/globals';
import { childEnvironment, localBins } from '../src/child-environment.js';
import { parseCommand } from '../src/command.js';
import { classifyExit, describeExit } from '../src/exit-status.js';

const identity = { enginePid: 42, engineStart: '777', session: 's', spawn: 'p', owner: 'exec:exec#0', isLast: true, isReload: false };

describe('commands', () => {
  it('gives a string to the shell and runs an array as it is', () => {
    expect(parseCommand('npm run build && echo "done"')).toEqual({ text: 'npm run build && echo "done"', argv: ['/bin/sh', '-c', 'npm run build && echo "done"'], isShell: true });
    expect(parseCommand(['node', '-e', 'console.log(1)'])).toEqual({ text: "node -e 'console.log(1)'", argv: ['node', '-e', 'console.log(1)'], isShell: false });
  });

  it.each([
    [{ code: 0, signal: null }, 'clean', 'exit code 0'],
    [{ code: 1, signal: null }, 'failed', 'exit code 1'],
    [{ code: 126, signal: null }, 'not-found', 'exit code 126'],
    [{ code: 127, signal: null }, 'not-found', 'exit code 127'],
    [{ code: 134, signal: null }, 'failed', 'exit code 134'],
    [{ code: 137, signal: null }, 'killed', 'exit code 137, SIGKILL'],
    [{ code: null, signal: 'SIGABRT' }, 'failed', 'signal SIGABRT'],
    [{ code: null, signal: 'SIGKILL' }, 'killed', 'signal SIGKILL'],
    [{ code: null, signal: 'SIGSEGV' }, 'failed', 'signal SIGSEGV'],
  ])('sorts the end %j as %s', (status, kind, words) => {
    expect(classifyExit(status)).toBe(kind);
    expect(describeExit(status)).toBe(words);
  });

  it('blames memory only where the last words do', () => {
    const heap = ['FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory'];
    for (const status of [{ code: null, signal: 'SIGABRT' }, { code: 134, signal: null }, { code: null, signal: 'SIGKILL' }]) {
      expect(classifyExit(status, heap)).toBe('out-of-memory');
    }
    expect(classifyExit({ code: 1, signal: null }, heap)).toBe('failed');
  });
});

describe('environment of a child', () => {
  it('inherits everything but the engine tokens, and lets `env` add and replace', () => {
    const env = childEnvironment({ HOME: '/srv/me', III_WORKER_TOKEN: 'x', MOTIA_CONSOLE_TOKEN: 'y', MY_TOKEN: 'mine', PATH: '/bin' }, { HOME: '/elsewhere', EXTRA: '1' }, identity, '/app');
    expect(env).toMatchObject({ HOME: '/elsewhere', EXTRA: '1', MY_TOKEN: 'mine' });
    expect(Object.keys(env)).not.toEqual(expect.arrayContaining(['III_WORKER_TOKEN']));
    expect(Object.keys(env)).not.toEqual(expect.arrayContaining(['MOTIA_CONSOLE_TOKEN']));
  });

  it('tells the child who it is and which engine it belongs to', () => {
    expect(childEnvironment({}, {}, identity, '/app')).toMatchObject({
      III_ENGINE_PID: '42', III_ENGINE_START: '777', III_EXEC_SESSION: 's', III_EXEC_SPAWN: 'p', III_EXEC_GROUP: '1', III_EXEC_OWNER: 'exec:exec#0', MOTIA_EXEC_LAST: '1',
    });
    expect(childEnvironment({}, {}, { ...identity, isLast: false }, '/app')['MOTIA_EXEC_LAST']).toBe('0');
  });

  it('says III_EXEC_RELOAD=1 only while an older generation serves', () => {
    expect(childEnvironment({ III_EXEC_RELOAD: '1' }, {}, identity, '/app')).not.toHaveProperty('III_EXEC_RELOAD');
    expect(childEnvironment({}, {}, { ...identity, isReload: true }, '/app')).toHaveProperty('III_EXEC_RELOAD', '1');
  });

  it('puts every node_modules/.bin up to the root before PATH', () => {
    expect(localBins('/srv/app')).toEqual(['/srv/app/node_modules/.bin', '/srv/node_modules/.bin', '/node_modules/.bin']);
    expect(childEnvironment({ PATH: '/bin' }, {}, identity, '/app')['PATH']).toBe('/app/node_modules/.bin:/node_modules/.bin:/bin');
  });
});
