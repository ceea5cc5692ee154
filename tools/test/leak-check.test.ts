import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';

const fixtures = fileURLToPath(new URL('fixtures/leaks', import.meta.url));

function runFixture(name: string): { readonly status: number | null; readonly output: string } {
  const run = spawnSync(process.execPath, ['../../../jest/run.mjs', 'test', `${name}.test.ts`], { cwd: fixtures, encoding: 'utf8' });
  return { status: run.status, output: run.stdout + run.stderr };
}

describe('The leak check', () => {
  it.each([
    ['child', /left a child process running: \d+ sleep 60/],
    ['listener', /left 1 SIGTERM listener/],
    ['folder', /left a temporary folder: \S*motia-leak-/],
  ])('fails a test file that leaks a %s', (name, reason) => {
    const { status, output } = runFixture(name);
    expect(output).toMatch(reason);
    expect(status).toBe(1);
  });

  it('leaves alone a test file that cleans up', () => {
    const { status, output } = runFixture('clean');
    expect(output).toContain('1 passed');
    expect(status).toBe(0);
  });
});
