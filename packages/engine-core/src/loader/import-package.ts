import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

/** Loads a package or file by name. Rejects as `import()` does. */
export type ImportPackage = (specifier: string) => Promise<unknown>;

/** As seen from engine-core itself. A host that brings its own modules passes `(specifier) => import(specifier)` of its own. */
export const importFromHere: ImportPackage = (specifier) => import(specifier);

/**
 * Imports as a file in `folder` would: `./module.js` and absolute paths are files, anything else is a package in the
 * nearest `node_modules`. `import.meta.resolve` with another parent is still behind a flag, and `require.resolve`
 * cannot see packages that are ESM only.
 */
export async function importFrom(folder: string, specifier: string): Promise<unknown> {
  const file = specifier.startsWith('.') || isAbsolute(specifier) ? resolve(folder, specifier) : packageEntry(folder, specifier);
  if (file === undefined || !existsSync(file)) throw new PackageNotFound(specifier);
  return import(pathToFileURL(realpathSync(file)).href);
}

/** Thrown when the package itself is missing, as opposed to something that it imports. */
export class PackageNotFound extends Error {
  constructor(readonly specifier: string) {
    super(`${specifier} is not installed`);
    this.name = 'PackageNotFound';
  }
}

/** Whether an import failed because this very package is not there. */
export function isNotInstalled(error: unknown, specifier: string): boolean {
  if (error instanceof PackageNotFound) return error.specifier === specifier;
  const { code, message } = error as { code?: unknown; message?: unknown };
  const isMissing = code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND';
  return isMissing && typeof message === 'string' && message.includes(`'${specifier}'`);
}

function packageEntry(folder: string, specifier: string): string | undefined {
  const [, name = specifier, rest = ''] = /^(@[^/]+\/[^/]+|[^/@][^/]*)(\/.*)?$/.exec(specifier) ?? [];
  for (let current = resolve(folder); ; current = dirname(current)) {
    const root = join(current, 'node_modules', name);
    const manifest = join(root, 'package.json');
    if (existsSync(manifest)) return entryOf(root, JSON.parse(readFileSync(manifest, 'utf8')) as Manifest, `.${rest}`);
    if (current === dirname(current)) return undefined;
  }
}

interface Manifest {
  readonly exports?: unknown;
  readonly main?: unknown;
}

function entryOf(root: string, manifest: Manifest, subpath: string): string | undefined {
  if (manifest.exports !== undefined && manifest.exports !== null) {
    const target = targetOf(exportOf(manifest.exports, subpath));
    return target === undefined ? undefined : join(root, target);
  }
  if (subpath !== '.') return join(root, subpath);
  const main = typeof manifest.main === 'string' ? manifest.main : 'index.js';
  return [main, `${main}.js`, join(main, 'index.js')].map((file) => join(root, file)).find((file) => existsSync(file) && !file.endsWith('/'));
}

function exportOf(map: unknown, subpath: string): unknown {
  const isBySubpath = typeof map === 'object' && map !== null && Object.keys(map).some((key) => key.startsWith('.'));
  if (isBySubpath) return (map as Record<string, unknown>)[subpath];
  return subpath === '.' ? map : undefined;
}

const conditions = new Set(['node', 'import', 'module-sync', 'default']);

/** The first fitting condition wins, in the order of the file, as Node does it. */
function targetOf(target: unknown): string | undefined {
  if (typeof target === 'string') return target;
  if (Array.isArray(target)) return target.map(targetOf).find((each) => each !== undefined);
  if (typeof target !== 'object' || target === null) return undefined;
  for (const [condition, inner] of Object.entries(target)) {
    if (!conditions.has(condition)) continue;
    const found = targetOf(inner);
    if (found !== undefined) return found;
  }
  return undefined;
}
