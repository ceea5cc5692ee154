/** `npm start`: installs and builds what is missing or stale, then runs the engine on the quickstart. Needs no dependency. */
import { spawn, spawnSync } from 'node:child_process';
import { constants } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureInstalled, nxCommand, toolEnvironment } from './workspace/install.mjs';
import { linkBins } from './workspace/link-bins.mjs';
import { onceNpmGone } from './workspace/npm-parent.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
ensureInstalled(root);
const build = spawnSync(process.execPath, [nxCommand(root), 'run-many', '-t', 'build'], {
  cwd: root,
  env: toolEnvironment(),
  encoding: 'utf8',
});
if (build.status !== 0) {
  process.stderr.write(build.stdout + build.stderr);
  process.exit(build.status ?? 1);
}
linkBins(root);

const engine = spawn(
  process.execPath,
  [join(root, 'apps/engine/dist/bin/iii.js'), '-c', join(root, 'examples/quickstart/config.yaml'), ...process.argv.slice(2)],
  { cwd: join(root, 'examples/quickstart'), stdio: 'inherit' },
);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    // Ctrl-C in a terminal already reaches the engine, which is in the same process group; a second one would force it.
    if (signal !== 'SIGINT' || !process.stdin.isTTY) engine.kill(signal);
  });
}
onceNpmGone(() => engine.kill('SIGTERM'));
engine.on('exit', (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 0)));
