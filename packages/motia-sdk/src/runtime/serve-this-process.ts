import { ipcModeOf } from '../launcher/ipc-mode.js';
import { shared } from '../context/invocation-scope.js';
import type { LoadedApp } from './loaded-module.js';
import { loadEnvironmentFile } from './environment-file.js';

const usageExitCode = 64;

/** Serves an app for the life of the process, in the background. Without an engine to serve it says so and exits 64. */
export function serveThisProcess(app: Omit<LoadedApp, 'mode'>): void {
  shared.servedBy = 'app';
  loadEnvironmentFile(process.cwd());
  if (ipcModeOf(process.env) === 'none') return void refuse();
  const mode = process.env['NODE_ENV'] === 'production' ? 'production' : 'development';
  void import('./run.js').then(({ run }) => run({ ...app, mode }));
}

async function refuse(): Promise<void> {
  const [{ cliErrors }, { describeFailure }] = await Promise.all([import('../cli/errors.js'), import('../cli/describe-failure.js')]);
  process.stderr.write(`${describeFailure(cliErrors.NOT_UNDER_ENGINE({ entry: process.argv[1] ?? 'this program' }))}\n`);
  process.exit(usageExitCode);
}
