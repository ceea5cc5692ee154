/** Runs one kind of test of the package in the current folder: `node tools/jest/run.mjs <test|crash|e2e> [jest options]`. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';

const kinds = {
  test: { pattern: '/test/.*(?<!\\.crash|\\.e2e)\\.test\\.tsx?$', options: [`--maxWorkers=${process.env['MOTIA_JEST_WORKERS'] ?? 2}`] },
  crash: { pattern: '\\.crash\\.test\\.tsx?$', options: ['--runInBand'] },
  e2e: { pattern: '\\.e2e\\.test\\.tsx?$', options: ['--runInBand'] },
};
const [kindName = 'test', ...rest] = process.argv.slice(2);
const kind = kinds[kindName];
if (kind === undefined) throw new Error(`unknown kind of test: ${kindName} (one of ${Object.keys(kinds).join(', ')})`);

const jest = createRequire(import.meta.url).resolve('jest/bin/jest');
const config = existsSync('jest.config.mjs') ? [] : ['--config', new URL('../../jest.preset.mjs', import.meta.url).pathname, '--rootDir', process.cwd()];
const child = spawn(
  process.execPath,
  [
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    jest,
    ...config,
    '--testRegex',
    kind.pattern,
    '--passWithNoTests',
    ...kind.options,
    ...rest,
  ],
  { stdio: 'inherit', env: { ...process.env, MOTIA_TEST_KIND: kindName } },
);
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => process.exit(code ?? (signal === null ? 1 : 130)));
