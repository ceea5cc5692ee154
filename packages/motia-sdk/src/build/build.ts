import { join, relative, resolve, sep } from 'node:path';
import { entrySource, type AppEntries, type AppEntry } from './app-source.js';
import { compile, diagnose, problemsOf, type Compiled, type CompileOptions } from './compile.js';
import { discover, displayPath } from './discover.js';
import type { SourceProblem } from './source-problem.js';
import { withEsbuild, type Esbuild } from './with-esbuild.js';
import { writeBundle } from './write-bundle.js';

/** Development bundles quickly and keeps source files apart; production gives one minified file. */
export type AppMode = 'development' | 'production';

export interface AppBuildOptions {
  /** The app's folder. Default: the working directory. */
  readonly cwd?: string;
  /** Default `development`. */
  readonly mode?: AppMode;
  /** Where the bundle goes, relative to `cwd`. Default `dist`. */
  readonly outDir?: string;
  /** Paths to leave out of the bundle, beside packages, which always stay outside. `*` is a wildcard. */
  readonly external?: readonly string[];
  /** Development only: leave files that do not compile out of the bundle instead of failing. Default true in development. */
  readonly toleratesBrokenFiles?: boolean;
}

export interface AppBuild {
  /** Absolute path of `index-dev.js` or `index-production.js`. */
  readonly entry: string;
  /** Step files in the bundle, broken ones included. */
  readonly stepFiles: readonly string[];
  readonly streamFiles: readonly string[];
  /** Files that did not compile. The app reports them when it starts. */
  readonly broken: readonly { readonly filePath: string; readonly problems: readonly SourceProblem[] }[];
  readonly warnings: readonly SourceProblem[];
  readonly durationMs: number;
}

/**
 * Bundles an app into `<outDir>/index-dev.js` or `<outDir>/index-production.js`.
 * @throws `MOTIA_SDK_BUILD_FAILED` with every problem, each with file, line and cause; `MOTIA_SDK_NO_STEPS` in production
 * when there is nothing to build.
 */
export async function build(options: AppBuildOptions = {}): Promise<AppBuild> {
  const startedAt = performance.now();
  const cwd = resolve(options.cwd ?? '.');
  const mode = options.mode ?? 'development';
  const outDir = resolve(cwd, options.outDir ?? 'dist');
  const shortMode = mode === 'development' ? 'dev' : 'production';
  const folder = join(outDir, shortMode);
  const entries = entriesOf(cwd);
  if (mode === 'production' && entries.steps.length + entries.streams.length === 0) throw (await import('./errors.js')).buildErrors.NO_STEPS({ cwd });

  const tolerates = mode === 'development' && (options.toleratesBrokenFiles ?? true);
  const { app, broken } = await withEsbuild((esbuild) =>
    compileApp(esbuild, entries, { cwd, mode, outDir: folder, external: options.external ?? [] }, tolerates),
  );
  const entry = join(outDir, `index-${shortMode}.js`);
  const appFile = `./${relative(outDir, app.appFile).split(sep).join('/')}`;
  await writeBundle({ folder, files: app.files, entry: { path: entry, text: entrySource({ mode, appFile, hasCommonJs: app.hasCommonJs }) } });
  return {
    entry,
    stepFiles: entries.steps.map(({ filePath }) => filePath),
    streamFiles: entries.streams.map(({ filePath }) => filePath),
    broken,
    warnings: app.warnings,
    durationMs: performance.now() - startedAt,
  };
}

/** The source files that a build of this folder takes. */
export function entriesOf(cwd: string): AppEntries {
  const files = discover(cwd);
  const toEntry = (path: string): AppEntry => ({ path, filePath: displayPath(cwd, path) });
  return { steps: files.steps.map(toEntry), streams: files.streams.map(toEntry), config: files.config === undefined ? undefined : toEntry(files.config) };
}

/** Compiles an app; files that do not compile are left out and named, where that is tolerated. */
export async function compileApp(
  esbuild: Esbuild,
  entries: AppEntries,
  options: CompileOptions,
  toleratesBrokenFiles: boolean,
): Promise<{ readonly app: Compiled; readonly broken: AppBuild['broken'] }> {
  try {
    return { app: await compile(esbuild, entries, options), broken: [] };
  } catch (error) {
    const problems = problemsOf(error);
    const buildFailed = async (): Promise<Error> => (await import('./errors.js')).buildErrors.BUILD_FAILED({ problems }, error);
    if (!toleratesBrokenFiles) throw await buildFailed();
    const found = await diagnose(esbuild, [...entries.steps, ...entries.streams, ...(entries.config === undefined ? [] : [entries.config])], options);
    // Without its config an app would serve with its safeguards missing, so that file is not optional.
    const isFatal = found.size === 0 || (entries.config !== undefined && found.has(entries.config));
    if (isFatal) throw await buildFailed();
    const marked = (entry: AppEntry): AppEntry => ({ ...entry, problems: found.get(entry) });
    const app = await compile(esbuild, { ...entries, steps: entries.steps.map(marked), streams: entries.streams.map(marked) }, options);
    return { app, broken: [...found].map(([{ filePath }, list]) => ({ filePath, problems: list })) };
  }
}
