import { spawnSync } from 'node:child_process';

const timeoutMs = 30_000;

/** Loads each entry in a process of its own, as ESM and as CJS, and compares the names that the two export. */
export function loadFaults(folder, entries) {
  return entries.flatMap((entry) => {
    const esm = load(folder, ['--input-type=module'], `const names = Object.keys(await import('${entry}')); ${print}`);
    const cjs = load(folder, ['--input-type=commonjs'], `const names = Object.keys(require('${entry}')); ${print}`);
    const faults = [];
    if (esm.error) faults.push(`import '${entry}': ${esm.error}`);
    if (cjs.error) faults.push(`require '${entry}': ${cjs.error}`);
    if (faults.length === 0 && esm.names !== cjs.names) faults.push(`${entry}: ESM exports ${esm.names}, CJS exports ${cjs.names}`);
    return faults;
  });
}

const print = `process.stdout.write('\\nnames:' + names.filter((name) => name !== '__esModule' && name !== 'module.exports').sort().join());`;

function load(folder, flags, code) {
  const run = spawnSync(process.execPath, [...flags, '-e', code], { cwd: folder, encoding: 'utf8', timeout: timeoutMs, input: '' });
  const names = /\nnames:(.*)$/.exec(run.stdout)?.[1];
  if (run.error !== undefined) return { error: `did not end within ${timeoutMs} ms, so loading it holds the process open` };
  if (run.status !== 0 || names === undefined) return { error: run.stderr || `exit ${run.status ?? run.signal}` };
  return run.stderr === '' ? { names } : { error: `loading writes to stderr: ${run.stderr}` };
}
