/**
 * `npm test`: installs, builds, then runs every check and prints one summary with all failures. `npm test -- unit lint` runs the named steps,
 * `npm run test:soak` the long tests that are only run when they are named, `npm test -- --soak` everything and those.
 * The last line is always `N passed, N failed[, N skipped]`; a step that is not a jest run counts as one.
 */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { workspaceFolders } from './workspace/folders.mjs';
import { ensureInstalled, nxCommand, toolEnvironment } from './workspace/install.mjs';
import { linkBins } from './workspace/link-bins.mjs';
import { addUp, report } from './workspace/test-report.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
/** Characters of a step's output that are kept for the summary. */
const maxTailLength = 4000;
const nx = (...args) => [nxCommand(root), ...args];
const target = (name) => nx('run-many', '-t', name, '--nx-bail=false', '--output-style=stream');

/** `counts` names the result files of a jest step; other steps pass or fail as a whole. */
const steps = [
  { name: 'build', command: nx('run-many', '-t', 'build'), after: () => linkBins(root) },
  { name: 'types', command: target('typecheck') },
  { name: 'lint', command: target('lint') },
  { name: 'repository', command: ['tools/checks/repository.mjs'] },
  { name: 'docs', command: ['tools/checks/docs.mjs'] },
  { name: 'type-tests', command: target('test:types') },
  { name: 'unit', command: target('test'), counts: 'test' },
  { name: 'crash', command: target('test:crash'), counts: 'crash' },
  { name: 'e2e', command: target('test:e2e'), counts: 'e2e' },
  { name: 'packaging', command: target('check:package') },
  { name: 'soak', command: target('test:soak'), counts: 'soak', isExtra: true },
];

ensureInstalled(root);
const words = process.argv.slice(2);
const named = words.filter((word) => word !== '--soak');
const unknown = named.filter((name) => !steps.some((step) => step.name === name));
if (unknown.length > 0) {
  console.error(`Unknown step: ${unknown.join(', ')}. Steps: ${steps.map((step) => step.name).join(', ')}.`);
  process.exit(64);
}
const results = [];
const isWanted = ({ name, isExtra = false }) => name === 'build' || named.includes(name) || (isExtra ? words.includes('--soak') : named.length === 0);
for (const step of steps.filter(isWanted)) {
  console.log(`\n=== ${step.name}`);
  results.push(await runStep(step));
}
console.log(report(results).join('\n'));
if (results.some(({ failed }) => failed > 0)) process.exitCode ||= 1;

async function runStep({ name, command, counts, after }) {
  const resultFiles = counts === undefined ? [] : workspaceFolders(root).map((folder) => ({ folder, file: join(root, folder, 'results', `${counts}.json`) }));
  // Removed first, so that no count of an earlier run can be taken for this one's; nx restores those of cached runs.
  for (const { file } of resultFiles) rmSync(file, { force: true });
  const startedAt = performance.now();
  const { isOk, tail } = await run(command);
  if (isOk) after?.();
  const seconds = (performance.now() - startedAt) / 1000;
  if (counts === undefined) return { name, seconds, tail, passed: isOk ? 1 : 0, failed: isOk ? 0 : 1, skipped: 0, failures: [] };
  const written = resultFiles.filter(({ file }) => existsSync(file));
  const total = addUp(written.map(({ folder, file }) => ({ folder, result: JSON.parse(readFileSync(file, 'utf8')) })));
  // A runner that died wrote no counts: that is a failure too.
  if (!isOk && total.failed === 0) total.failed = 1;
  return { name, seconds, tail, ...total };
}

/** Shows the output of a command while it comes, and keeps its end. */
function run(command) {
  const child = spawn(process.execPath, command, {
    cwd: root,
    env: { ...toolEnvironment(), MOTIA_JEST_WORKERS: '1', FORCE_COLOR: process.env.FORCE_COLOR ?? '0' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let tail = '';
  for (const [from, to] of [[child.stdout, process.stdout], [child.stderr, process.stderr]]) {
    from.setEncoding('utf8').on('data', (text) => {
      to.write(text);
      tail = (tail + text).slice(-maxTailLength);
    });
  }
  const forward = (signal) => child.kill(signal);
  process.on('SIGINT', forward).on('SIGTERM', forward);
  return new Promise((resolve) => {
    child.on('close', (code, signal) => {
      process.off('SIGINT', forward).off('SIGTERM', forward);
      if (signal !== null || code === 130) process.exitCode = 130;
      resolve({ isOk: code === 0, tail: stripVTControlCharacters(tail) });
    });
  });
}
