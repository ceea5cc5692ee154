import { existsSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { join, relative, sep } from 'node:path';

/** The source files of an app, absolute and sorted. */
export interface AppFiles {
  readonly steps: readonly string[];
  readonly streams: readonly string[];
  /** `motia.config.*`, where there is one. */
  readonly config: string | undefined;
}

const folders = ['steps', 'src', 'streams'];
const skippedFolders = new Set(['node_modules', 'dist']);
const stepFile = /\.step\.(?:ts|js|mjs|cjs)$/;
const streamFile = /\.stream\.(?:ts|js|mjs|cjs)$/;
const configFiles = ['motia.config.ts', 'motia.config.mjs', 'motia.config.js', 'motia.config.cjs'];

/**
 * Finds `*.step.*` and `*.stream.*` under `steps/`, `src/` and `streams/`, at any depth. `node_modules`, `dist` and hidden
 * folders are skipped; linked folders are followed once.
 */
export function discover(cwd: string): AppFiles {
  const steps: string[] = [];
  const streams: string[] = [];
  const seen = new Set<string>();

  function visit(folder: string): void {
    const real = realpathSync(folder);
    if (seen.has(real)) return;
    seen.add(real);
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (entry.name.startsWith('.')) continue;
      const path = join(folder, entry.name);
      // A dangling link is nobody's step file.
      const kind = entry.isSymbolicLink() ? statSync(path, { throwIfNoEntry: false }) : entry;
      if (kind?.isDirectory() && !skippedFolders.has(entry.name)) visit(path);
      else if (kind?.isFile() && stepFile.test(entry.name)) steps.push(path);
      else if (kind?.isFile() && streamFile.test(entry.name)) streams.push(path);
    }
  }

  for (const folder of folders) {
    const path = join(cwd, folder);
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) visit(path);
  }
  const config = configFiles.map((name) => join(cwd, name)).find((path) => existsSync(path));
  return { steps: steps.sort(), streams: streams.sort(), config };
}

/** A path as messages and the engine show it: relative to the app, with forward slashes. */
export function displayPath(cwd: string, path: string): string {
  return relative(cwd, path).split(sep).join('/');
}
