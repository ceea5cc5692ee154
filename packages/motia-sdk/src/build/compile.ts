import type { BuildFailure, BuildOptions, BuildResult, Message } from 'esbuild';
import { appSource, type AppEntries, type AppEntry } from './app-source.js';
import type { AppMode } from './build.js';
import type { Esbuild } from './with-esbuild.js';
import { packageName, packagesPlugin } from './packages-plugin.js';
import type { SourceProblem } from './source-problem.js';

export interface CompileOptions {
  readonly cwd: string;
  readonly mode: AppMode;
  /** Absolute folder of the bundle's files. */
  readonly outDir: string;
  readonly external: readonly string[];
  /** The module that loads the source files. Default: the one that serves them. */
  readonly source?: (entries: AppEntries) => string;
}

export interface Compiled {
  readonly files: readonly { readonly path: string; readonly contents: Uint8Array }[];
  /** Absolute path of the module that exports `start`. */
  readonly appFile: string;
  /** Bundled CommonJS needs a `require` for what was left outside. */
  readonly hasCommonJs: boolean;
  readonly warnings: readonly SourceProblem[];
}



/**
 * Bundles an app in memory. Development gives one chunk per source file, so that one of them failing to load leaves the
 * others alone; production gives one minified file. Throws esbuild's failure.
 */
export async function compile(esbuild: Esbuild, entries: AppEntries, options: CompileOptions): Promise<Compiled> {
  const isDevelopment = options.mode === 'development';
  const result = await esbuild.build({
    ...sharedOptions(options),
    stdin: { contents: options.source?.(entries) ?? appSource(entries, options.mode), resolveDir: options.cwd, sourcefile: 'motia-app.js', loader: 'js' },
    splitting: isDevelopment,
    minify: !isDevelopment,
    sourcemap: 'linked',
    outdir: options.outDir,
    entryNames: 'app-[hash]',
    chunkNames: '[name]-[hash]',
    metafile: true,
  });
  return readResult(result, options.cwd);
}

/** Bundles each file by itself and says what is wrong with it; a file without problems is not in the result. */
export async function diagnose(esbuild: Esbuild, files: readonly AppEntry[], options: CompileOptions): Promise<ReadonlyMap<AppEntry, readonly SourceProblem[]>> {
  const broken = new Map<AppEntry, readonly SourceProblem[]>();
  await Promise.all(
    files.map(async (file) => {
      try {
        await esbuild.build({ ...sharedOptions(options), entryPoints: [file.path], outdir: options.outDir });
      } catch (error) {
        broken.set(file, problemsOf(error));
      }
    }),
  );
  return broken;
}

/** The problems of an esbuild failure, every one of them. Throws anything else on. */
export function problemsOf(error: unknown): readonly SourceProblem[] {
  if (!(error instanceof Error) || !Array.isArray((error as Partial<BuildFailure>).errors)) throw error;
  return (error as BuildFailure).errors.map(toProblem);
}

function sharedOptions(options: CompileOptions): BuildOptions & { write: false } {
  return {
    absWorkingDir: options.cwd,
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    keepNames: true,
    logLevel: 'silent',
    logLimit: 0,
    external: [...options.external],
    plugins: [packagesPlugin()],
  };
}

function readResult(result: BuildResult<{ metafile: true; write: false }>, cwd: string): Compiled {
  const files = result.outputFiles.map(({ path, contents }) => ({ path, contents }));
  const appFile = files.find(({ path }) => /[/\\]app-[A-Z0-9]+\.js$/.test(path));
  if (appFile === undefined) throw new Error(`esbuild gave no entry for ${cwd}`);
  return {
    files,
    appFile: appFile.path,
    hasCommonJs: Object.values(result.metafile.inputs).some(({ format }) => format === 'cjs'),
    warnings: result.warnings.map(toProblem),
  };
}

function toProblem(message: Message): SourceProblem {
  const { location } = message;
  const missing = /^Could not resolve "([^"]+)"$/.exec(message.text)?.[1];
  const cause = missing === undefined || /^[./#]/.test(missing) ? message.text : `${message.text}. If it is a package: npm i ${packageName(missing)}`;
  if (location === null) return { cause };
  return { file: location.file.split('\\').join('/'), line: location.line, column: location.column + 1, cause, lineText: location.lineText.trimEnd() };
}
