import { spawnSync } from 'node:child_process';
import { readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { temporaryFolder } from '@motia/tools/testing';
import { readEntries } from '../build/entries.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));

function run(cwd: string, script: string, ...args: readonly string[]): { readonly status: number | null; readonly output: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, script), ...args], { cwd, encoding: 'utf8' });
  return { status, output: stdout + stderr };
}

describe('The module generator', () => {
  it('makes a module that compiles and passes the lifecycle conformance', async () => {
    await using folder = temporaryFolder('generator');
    for (const file of ['jest.preset.mjs', 'tsconfig.base.json', 'node_modules', 'tools']) symlinkSync(join(root, file), folder.file(file));
    expect(run(root, 'tools/generators/module/run.mjs', 'message-bus', '--root', folder.path).status).toBe(0);
    const made = folder.file('packages/module-message-bus');
    expect(readdirSync(join(made, 'src')).sort()).toEqual(['errors.ts', 'index.ts', 'module.ts', 'options.ts', 'version.ts']);
    expect(readEntries(made).libraries).toEqual({ index: './src/index.ts' });
    expect(run(made, 'node_modules/typescript/bin/tsc', '-p', 'tsconfig.json')).toEqual({ status: 0, output: '' });
    const conformance = run(made, 'tools/jest/run.mjs', 'test', '--ci');
    expect(conformance.output).toMatch(/Tests: +\d+ passed/);
    expect(conformance.status).toBe(0);
  }, 60_000);

  it('refuses a name that is not kebab-case, and a package that exists', () => {
    expect(run(root, 'tools/generators/module/run.mjs', 'MessageBus').status).toBe(64);
    expect(run(root, 'tools/generators/module/run.mjs', 'rest')).toEqual({ status: 73, output: 'packages/module-rest exists already.\n' });
  });
});
