import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { exitLike, launch } from '../launcher/launch.js';

/** The production bundle of an app. @throws `MOTIA_SDK_BUNDLE_MISSING` */
export async function productionBundle(cwd: string): Promise<string> {
  const path = join(cwd, 'dist', 'index-production.js');
  if (!existsSync(path)) throw (await import('./errors.js')).cliErrors.BUNDLE_MISSING({ path });
  return path;
}

/** `motia start` as a command of an engine: serves the production bundle. @throws `MOTIA_SDK_BUNDLE_MISSING`, `MOTIA_SDK_EXEC_NOT_LAST` */
export async function start(options: { readonly cwd: string; readonly env: NodeJS.ProcessEnv }): Promise<void> {
  if (options.env['MOTIA_EXEC_LAST'] === '0') throw (await import('./errors.js')).cliErrors.EXEC_NOT_LAST({ command: 'motia start' });
  exitLike(await launch([...process.execArgv, await productionBundle(options.cwd)], options.env));
}
