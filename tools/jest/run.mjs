/** Runs one kind of test of the package in the current folder: `node tools/jest/run.mjs <test|crash|e2e|soak> [jest options]`. */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const kinds = {
  test: { pattern: '/test/.*(?<!\\.crash|\\.e2e|\\.soak)\\.test\\.tsx?$', options: [`--maxWorkers=${process.env['MOTIA_JEST_WORKERS'] ?? 2}`] },
  crash: { pattern: '\\.crash\\.test\\.tsx?$', options: ['--runInBand'] },
  e2e: { pattern: '\\.e2e\\.test\\.tsx?$', options: ['--runInBand'] },
  soak: { pattern: '\\.soak\\.test\\.tsx?$', options: ['--runInBand'] },
};
const [kindName = 'test', ...rest] = process.argv.slice(2);
const kind = kinds[kindName];
if (kind === undefined) throw new Error(`unknown kind of test: ${kindName} (one of ${Object.keys(kinds).join(', ')})`);

if (rest.length === 0 && !hasTests(process.cwd(), new RegExp(kind.pattern))) {
  mkdirSync('results', { recursive: true });
  writeFileSync(`results/${kindName}.json`, '{"passed":0,"failed":0,"skipped":0}\n');
  console.log(`no ${kindName} tests`);
  process.exit(0);
}
const jest = createRequire(import.meta.url).resolve('jest/bin/jest');
const config = existsSync('jest.config.mjs') ? [] : ['--config', new URL('../../jest.preset.mjs', import.meta.url).pathname, '--rootDir', process.cwd()];
// nx asks every task for colours, and so would the programs that the tests start and whose output they compare.
const plain = process.env['NX_TASK_TARGET_PROJECT'] === undefined ? {} : { FORCE_COLOR: '0' };
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
  { stdio: 'inherit', env: { ...process.env, ...plain, MOTIA_TEST_KIND: kindName } },
);
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
// A test that loops without end starves jest's own timeouts; and a jest that cannot exit would hang a whole run.
const limitMinutes = Number(process.env.MOTIA_JEST_LIMIT_MINUTES ?? 8);
setTimeout(() => {
  console.error(`jest has not ended after ${limitMinutes} minutes (MOTIA_JEST_LIMIT_MINUTES): stopped. The last file it names above is not the culprit, the next one is.`);
  child.kill('SIGKILL');
}, limitMinutes * 60_000).unref();
child.on('exit', (code, signal) => process.exit(code ?? (signal === null ? 1 : 130)));

/** Saves the start of jest where a package has no test of this kind. */
function hasTests(folder, pattern) {
  return readdirSync(folder, { withFileTypes: true }).some((entry) => {
    if (['node_modules', 'dist', 'results', 'fixtures'].includes(entry.name)) return false;
    const path = join(folder, entry.name);
    return entry.isDirectory() ? hasTests(path, pattern) : pattern.test(path);
  });
}
