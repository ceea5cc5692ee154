import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { temporaryFolder, type TemporaryFolder } from '@motia/tools/testing';

/**
 * A temporary app. Its `motia` is a stub that loads every file as a bundle asks for it and prints, as JSON, what the
 * runtime would have got: so a test sees what a bundle does without an engine.
 */
export interface AppFolder extends TemporaryFolder {
  write(files: Readonly<Record<string, string>>): void;
  /** Runs a bundle and parses what it printed last. */
  run(entry: string, env?: NodeJS.ProcessEnv): Promise<StubReport>;
}
export interface StubReport {
  readonly mode: string;
  readonly steps: readonly StubModule[];
  readonly streams: readonly StubModule[];
  readonly config?: StubModule;
  readonly hasCommonJs?: boolean;
}
export interface StubModule {
  readonly filePath: string;
  readonly exports?: Readonly<Record<string, unknown>>;
  readonly error?: string;
  readonly problems?: readonly unknown[];
}

const stub = {
  'package.json': JSON.stringify({ name: 'motia', type: 'module', exports: { './preamble': './preamble.js', './runtime': './runtime.js' } }),
  'preamble.js': `
    export const enter = async (entry) => {
      globalThis.stubHasCommonJs = entry.hasCommonJs;
      if (entry.hasCommonJs) globalThis.require = (await import('node:module')).createRequire(entry.url);
      await (await entry.load()).start();
    };
    const load = async ({ filePath, load, problems }) => {
      if (problems) return { filePath, problems };
      try {
        return { filePath, exports: { ...(await load()) } };
      } catch (error) {
        return { filePath, error: String(error?.message ?? error) };
      }
    };
    export const loadApp = async (app) => ({
      mode: app.mode,
      hasCommonJs: globalThis.stubHasCommonJs,
      steps: await Promise.all(app.steps.map(load)),
      streams: await Promise.all(app.streams.map(load)),
      config: app.config && (await load(app.config)),
    });`,
  'runtime.js': "export const run = async (app) => console.log(JSON.stringify(app, (key, value) => (typeof value === 'function' ? value.name : value)));",
};

/** `type` is what the app's package.json says; `undefined` leaves it out. */
export function appFolder(type: 'module' | 'commonjs' | undefined = 'module'): AppFolder {
  const folder = temporaryFolder('app');
  const write = (files: Readonly<Record<string, string>>): void => {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(folder.file(name)), { recursive: true });
      writeFileSync(folder.file(name), text);
    }
  };
  write({ 'package.json': JSON.stringify({ name: 'app', type }) });
  write(Object.fromEntries(Object.entries(stub).map(([name, text]) => [join('node_modules/motia', name), text])));
  return {
    ...folder,
    write,
    async run(entry, env = {}) {
      const { stdout } = await promisify(execFile)(process.execPath, [entry], { env: { ...process.env, ...env } });
      return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as StubReport;
    },
  };
}
