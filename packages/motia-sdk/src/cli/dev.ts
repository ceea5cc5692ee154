import { build } from '../build/build.js';
import { summary } from './build-summary.js';
import { serveBundle } from './serve-bundle.js';

/**
 * `motia dev` as a command of an engine: builds, and as the last command of the list also serves. While an older
 * generation is serving, a file that does not compile fails the build, so that the engine keeps that generation.
 */
export async function dev(options: { readonly cwd: string; readonly external: readonly string[]; readonly env: NodeJS.ProcessEnv }): Promise<void> {
  const built = await build({
    cwd: options.cwd,
    mode: 'development',
    external: options.external,
    toleratesBrokenFiles: options.env['III_EXEC_RELOAD'] !== '1',
  });
  process.stderr.write(summary(built));
  if (options.env['MOTIA_EXEC_LAST'] === '0') return;
  await serveBundle(built.entry, options.env);
}
