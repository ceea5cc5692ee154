import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { describe, expect, it, jest } from '@jest/globals';
import { installedApp } from '../launcher/scripted-engine.js';

// Each test starts the compiler, on machines that may be busy.
jest.setTimeout(60_000);

const require = createRequire(import.meta.url);
const compilerOptions = { strict: true, exactOptionalPropertyTypes: true, noEmit: true, target: 'ES2022', module: 'NodeNext', moduleResolution: 'NodeNext', lib: ['ES2023', 'ESNext.Disposable', 'DOM'], types: [], skipLibCheck: true };

describe('The code of a guide', () => {
  it.each(['steps', 'types', 'state', 'streams', 'observability'])('%s.md compiles and loads as the app that it shows', async (guide) => {
    const text = readFileSync(new URL(`../../../../docs/guides/${guide}.md`, import.meta.url), 'utf8');
    const blocks = [...text.matchAll(/^```ts\n(\/\/ (\S+)\n[^]*?)^```$/gm)];
    // A block without its file name would be checked by nobody.
    expect(blocks).toHaveLength(text.split('```ts\n').length - 1);
    await using app = installedApp();
    rmSync(app.file('steps'), { recursive: true });
    rmSync(app.file('lib'), { recursive: true });
    symlinkSync(dirname(require.resolve('zod/package.json')), app.file('node_modules/zod'));
    for (const [, code = '', name = ''] of blocks) {
      mkdirSync(dirname(app.file(name)), { recursive: true });
      writeFileSync(app.file(name), code);
    }
    writeFileSync(app.file('tsconfig.json'), JSON.stringify({ compilerOptions, include: ['**/*.ts'] }));
    const run = (script: string, ...args: string[]): { status: number | null; output: string } => {
      const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...args], { cwd: app.path, encoding: 'utf8' });
      return { status, output: stdout + stderr };
    };
    expect(run(join(dirname(require.resolve('typescript/package.json')), 'bin/tsc'))).toEqual({ status: 0, output: '' });
    expect(run(app.file('node_modules/.bin/motia'), 'generate-types')).toMatchObject({ status: 0 });
  });
});
