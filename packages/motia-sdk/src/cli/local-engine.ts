import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { cliErrors } from './errors.js';

/** What `runEngine` of `@motia/engine` is called with. */
export interface EngineRun {
  readonly cwd: string;
  /** Absolute path; undefined: the standard modules. */
  readonly configFile: string | undefined;
  /** Options for an ExecModule, where the configuration names none. */
  readonly fallbackExec: { readonly exec: readonly string[]; readonly watch?: readonly string[] };
  readonly mode: 'development' | 'production';
}
interface EngineModule {
  /** Runs until it is stopped; resolves with the exit code. */
  readonly runEngine?: (run: EngineRun) => Promise<number>;
}

const sourceGlobs = ['{steps,src,streams}/**/*.{ts,tsx,js,jsx,mjs,cjs,json}', 'motia.config.{ts,js,mjs,cjs}', 'tsconfig.json', 'package.json', '.env'];

/**
 * Runs the engine that is installed beside the app, with `config.yaml` if there is one.
 * @throws `MOTIA_SDK_ENGINE_NOT_INSTALLED`, `MOTIA_SDK_ENGINE_INCOMPATIBLE`, `MOTIA_SDK_USAGE_INVALID` for a missing `--config` file
 */
export async function runLocalEngine(command: 'dev' | 'start', options: { readonly cwd: string; readonly config: string | undefined }): Promise<number> {
  const { cwd } = options;
  const configFile = resolve(cwd, options.config ?? 'config.yaml');
  const hasConfig = existsSync(configFile);
  if (!hasConfig && options.config !== undefined) throw cliErrors.USAGE_INVALID({ problem: `There is no configuration file ${configFile}` });
  const runEngine = await importEngine(cwd);
  return runEngine({
    cwd,
    configFile: hasConfig ? configFile : undefined,
    fallbackExec: { exec: [ownCommand(cwd, command)], ...(command === 'dev' ? { watch: sourceGlobs } : {}) },
    mode: command === 'dev' ? 'development' : 'production',
  });
}

async function importEngine(cwd: string): Promise<NonNullable<EngineModule['runEngine']>> {
  const require = createRequire(join(cwd, 'package.json'));
  let manifestPath: string;
  try {
    manifestPath = require.resolve('@motia/engine/package.json');
  } catch (error) {
    throw cliErrors.ENGINE_NOT_INSTALLED({ cwd }, error);
  }
  const manifest = JSON.parse(readFileSync(manifestPath, 'utf8')) as { readonly version: string; readonly exports: Readonly<Record<'.' | './run', { readonly import: { readonly default: string } } | undefined>> };
  // Resolved from the app's folder but imported as ESM: `require.resolve` would give the CommonJS twin. `./run` loads no module that the configuration does not name.
  const entry = (manifest.exports['./run'] ?? manifest.exports['.'])?.import.default;
  const engine = entry === undefined ? {} : ((await import(pathToFileURL(join(dirname(manifestPath), entry)).href)) as EngineModule);
  if (engine.runEngine === undefined) throw cliErrors.ENGINE_INCOMPATIBLE({ path: dirname(manifestPath), version: manifest.version });
  return engine.runEngine;
}

/** This very command line tool as a shell command, so that the engine runs the same copy: by name where that finds it. */
function ownCommand(cwd: string, command: string): string {
  const script = realpathSync(process.argv[1] ?? '');
  return commandOnPath(cwd) === script ? `motia ${command}` : [process.execPath, script].map(shellQuote).concat(command).join(' ');
}

/** What `motia` means to ExecModule, which looks in every `node_modules/.bin` from the app's folder upwards first. */
function commandOnPath(cwd: string): string | undefined {
  for (let folder = cwd; ; folder = dirname(folder)) {
    const candidate = join(folder, 'node_modules', '.bin', 'motia');
    if (existsSync(candidate)) return realpathSync(candidate);
    if (dirname(folder) === folder) return undefined;
  }
}

function shellQuote(text: string): string {
  if (process.platform === 'win32') return `"${text}"`;
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
