import { mkdir, mkdtemp, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { modulesSource } from '../build/app-source.js';
import { compileApp, entriesOf } from '../build/build.js';
import { withEsbuild } from '../build/with-esbuild.js';
import { markAsModules, replaceFile } from '../build/write-bundle.js';
import { shared } from '../context/invocation-scope.js';
import { lendCommonJs } from '../preamble/lend-common-js.js';
import { loadApp, type LoadedApp, type ModuleEntry } from '../preamble/load-app.js';
import { loadEnvironmentFile } from '../runtime/environment-file.js';

/**
 * Loads the Steps and streams of an app into this process, found and bundled as `motia dev` does it, and serves nothing. A
 * file that does not compile or load is an error in its place. What the files start at import (timers, connections) goes on:
 * whoever calls this ends the process.
 */
export async function loadModules(cwd: string): Promise<Pick<LoadedApp, 'steps' | 'streams'>> {
  const dist = join(cwd, 'dist');
  // The first folder that had to be made, if any.
  const made = await mkdir(dist, { recursive: true });
  // Inside the app, so that its packages are found; a folder of its own, so that no build is touched.
  const folder = await mkdtemp(join(dist, '.modules-'));
  try {
    const entries = { ...entriesOf(cwd), config: undefined };
    const { app } = await withEsbuild((esbuild) => compileApp(esbuild, entries, { cwd, mode: 'development', outDir: folder, external: [], source: modulesSource }, true));
    await Promise.all(app.files.map(({ path, contents }) => replaceFile(path, contents)));
    await markAsModules(folder);
    prepareProcess(cwd);
    const url = pathToFileURL(app.appFile).href;
    if (app.hasCommonJs) lendCommonJs(url);
    const { steps, streams } = (await import(url)) as { readonly steps: readonly ModuleEntry[]; readonly streams: readonly ModuleEntry[] };
    return await loadApp({ mode: 'development', steps, streams }, {});
  } finally {
    await rm(folder, { recursive: true, force: true });
    // Somebody may be building by now: what is in use stays.
    if (made !== undefined) await rmdir(dist).catch(() => undefined);
  }
}

/** What user code may expect at import, as in a process that serves it. */
function prepareProcess(cwd: string): void {
  process.setSourceMapsEnabled(true);
  shared.servedBy = 'app';
  loadEnvironmentFile(cwd);
  process.env['NODE_ENV'] ??= 'development';
}
