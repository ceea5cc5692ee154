import { fileURLToPath } from 'node:url';
import { exitLike, launch } from '../launcher/launch.js';
import { ipcModeOf } from '../launcher/ipc-mode.js';
import { shared } from '../context/invocation-scope.js';
import { loadEnvironmentFile } from '../runtime/environment-file.js';
import { lendCommonJs } from './lend-common-js.js';
import { watchEngineFromThread } from '../watcher/watch-engine.js';
import { watchTargetFrom } from '../watcher/watch-target.js';

/** What a generated entry says about itself. */
export interface EntryDescription {
  /** `import.meta.url` of the entry. */
  readonly url: string;
  readonly mode: 'development' | 'production';
  /** CommonJS was bundled, and needs `require`, `__filename` and `__dirname`; they name the bundle. */
  readonly hasCommonJs?: boolean;
  /** Imports user code. Called only once stdout is safe. */
  readonly load: () => Promise<{ readonly start: () => Promise<void> }>;
}

/** EX_USAGE: the command was used in a way that cannot work. */
const usageExitCode = 64;

/**
 * Runs before any user code of a bundle. Where stdin and stdout are the protocol, this process becomes the launcher of a
 * second one that gets them as fds 3 and 4; that one, whose fd 1 is stderr, then loads the app: source maps on, a thread
 * watching the engine. Without an engine it says how to start one and exits 64.
 */
export async function enter(entry: EntryDescription): Promise<void> {
  const ipcMode = ipcModeOf(process.env);
  if (ipcMode === 'launch') return exitLike(await launch([...process.execArgv, ...process.argv.slice(1)]));
  if (ipcMode === 'none') {
    const { cliErrors } = await import('../cli/errors.js');
    return fail(cliErrors.NOT_UNDER_ENGINE({ entry: fileURLToPath(entry.url) }), usageExitCode);
  }
  process.setSourceMapsEnabled(true);
  shared.servedBy = 'app';
  loadEnvironmentFile(process.cwd());
  process.env['NODE_ENV'] ??= entry.mode;
  const target = watchTargetFrom(process.env);
  if (target !== undefined) watchEngineFromThread(target);
  if (entry.hasCommonJs === true) lendCommonJs(entry.url);
  try {
    const { start } = await entry.load().catch(appLoadFailed);
    await start();
  } catch (error) {
    await fail(error, 1);
  }
}

/** The bundle as a whole could not be linked or evaluated, as when one file holds everything. */
async function appLoadFailed(error: unknown): Promise<never> {
  const [{ buildErrors }, { locateFailure }, { formatProblem }] = await Promise.all([
    import('../build/errors.js'),
    import('./locate-failure.js'),
    import('../build/source-problem.js'),
  ]);
  throw buildErrors.APP_LOAD_FAILED({ messages: [formatProblem(locateFailure(error))] }, error);
}

async function fail(error: unknown, exitCode: number): Promise<never> {
  const { describeFailure } = await import('../cli/describe-failure.js');
  process.stderr.write(`${describeFailure(error)}\n`);
  process.exit(exitCode);
}
