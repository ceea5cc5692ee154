import { pathToFileURL } from 'node:url';
import { ipcModeOf } from '../launcher/ipc-mode.js';

/**
 * Serves a bundle to the engine that runs this command. Where the protocol came on fds of its own, stdout is safe and the bundle runs in this
 * process, which is then what it would be had the bundle been started; else this process launches another.
 */
export async function serveBundle(bundle: string, env: NodeJS.ProcessEnv): Promise<void> {
  if (ipcModeOf(env) !== 'mapped') {
    const { exitLike, launch } = await import('../launcher/launch.js');
    return exitLike(await launch([...process.execArgv, bundle], env));
  }
  process.argv.splice(1, process.argv.length, bundle);
  await import(pathToFileURL(bundle).href);
}
