import type { SourceProblem } from '../build/source-problem.js';

/** One source file of a bundle: either it can be imported, or the build says why not. */
export type ModuleEntry =
  | { readonly filePath: string; readonly load: () => Promise<unknown> }
  | { readonly filePath: string; readonly problems: readonly SourceProblem[] };

export interface AppModules {
  readonly mode: 'development' | 'production';
  readonly steps: readonly ModuleEntry[];
  readonly streams: readonly ModuleEntry[];
  readonly config?: ModuleEntry;
}

/** A source file as the runtime gets it; `loadError` is a `MOTIA_SDK_STEP_LOAD_FAILED` that names file, line and cause. */
export type LoadedModule =
  | { readonly filePath: string; readonly module: unknown }
  | { readonly filePath: string; readonly loadError: Error };

export interface LoadedApp {
  readonly mode: 'development' | 'production';
  readonly steps: readonly LoadedModule[];
  readonly streams: readonly LoadedModule[];
  readonly config?: { readonly filePath: string; readonly module: unknown };
}

/**
 * Imports every source file by itself. In development a file that fails leaves the others alone, unless an older
 * generation of the app is still serving (`III_EXEC_RELOAD=1`): then it is better than a half-broken new one.
 * @throws `MOTIA_SDK_APP_LOAD_FAILED` with every failure; also when `motia.config` fails, whose safeguards must not be missing.
 */
export async function loadApp(app: AppModules, env: NodeJS.ProcessEnv = process.env): Promise<LoadedApp> {
  const config = app.config === undefined ? undefined : loadModule(app.config);
  const steps = await Promise.all(app.steps.map(loadModule));
  const streams = await Promise.all(app.streams.map(loadModule));
  const loadedConfig = await config;

  const failures = [...steps, ...streams].flatMap((loaded) => ('loadError' in loaded ? [loaded.loadError] : []));
  const mustBeWhole = app.mode === 'production' || env['III_EXEC_RELOAD'] === '1';
  if (loadedConfig !== undefined && 'loadError' in loadedConfig) throw await appLoadFailed([loadedConfig.loadError, ...failures]);
  if (mustBeWhole && failures.length > 0) throw await appLoadFailed(failures);
  return { mode: app.mode, steps, streams, ...(loadedConfig === undefined ? {} : { config: loadedConfig }) };
}

async function loadModule(entry: ModuleEntry): Promise<LoadedModule> {
  const { filePath } = entry;
  if ('problems' in entry) return { filePath, loadError: await stepLoadFailed(filePath, entry.problems) };
  try {
    return { filePath, module: withNames(await entry.load()) };
  } catch (error) {
    const { locateFailure } = await import('./locate-failure.js');
    return { filePath, loadError: await stepLoadFailed(filePath, [locateFailure(error, filePath)], error) };
  }
}

/** A CommonJS file in a chunk of its own arrives as nothing but `default`: its exports become names, as in one file with others. */
function withNames(module: unknown): unknown {
  const { default: exports, ...others } = module as { readonly default?: unknown };
  const isPlain = typeof exports === 'object' && exports !== null && Object.getPrototypeOf(exports) === Object.prototype;
  return isPlain && Object.keys(others).length === 0 ? { ...exports, default: exports } : module;
}

// The catalog is loaded only once something failed: the way to the first call stays short.
async function stepLoadFailed(filePath: string, problems: readonly SourceProblem[], cause?: unknown): Promise<Error> {
  const { buildErrors } = await import('../build/errors.js');
  return buildErrors.STEP_LOAD_FAILED({ filePath, problems }, cause);
}

async function appLoadFailed(failures: readonly Error[]): Promise<Error> {
  const { buildErrors } = await import('../build/errors.js');
  return buildErrors.APP_LOAD_FAILED({ messages: failures.map(({ message }) => message) });
}
