import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { serveBundle } from './serve-bundle.js';

/** The production bundle of an app. @throws `MOTIA_SDK_BUNDLE_MISSING` */
export async function productionBundle(cwd: string): Promise<string> {
  const path = join(cwd, 'dist', 'index-production.js');
  if (!existsSync(path)) throw (await import('./errors.js')).cliErrors.BUNDLE_MISSING({ path });
  return path;
}

/**
 * `motia start` as a command of an engine: serves the production bundle.
 * @throws `MOTIA_SDK_BUNDLE_MISSING`, `MOTIA_SDK_EXEC_NOT_LAST`, `MOTIA_SDK_USAGE_INVALID` for an `--engine` beside the one that runs the command
 */
export async function start(options: { readonly cwd: string; readonly env: NodeJS.ProcessEnv; readonly engine: string | undefined }): Promise<void> {
  if (options.engine !== undefined) throw (await import('./errors.js')).cliErrors.USAGE_INVALID({ problem: 'motia start: an engine runs this command, so it serves that one; --engine cannot name another' });
  if (options.env['MOTIA_EXEC_LAST'] === '0') throw (await import('./errors.js')).cliErrors.EXEC_NOT_LAST({ command: 'motia start' });
  await serveBundle(await productionBundle(options.cwd), options.env);
}

/**
 * `motia start --engine <url>`: serves an engine that runs elsewhere. The bundle runs in this process, whose output stays
 * its user's; it ends the process itself.
 * @throws `MOTIA_SDK_ENGINE_URL_INVALID`, `MOTIA_SDK_BUNDLE_MISSING`
 */
export async function startRemote(options: { readonly cwd: string; readonly env: NodeJS.ProcessEnv; readonly engine: string }): Promise<void> {
  const { parseEngineAddress } = await import('../runtime/remote/engine-address.js');
  parseEngineAddress(options.engine);
  const bundle = await productionBundle(options.cwd);
  options.env['III_ENGINE_URL'] = options.engine;
  await import(pathToFileURL(bundle).href);
}
