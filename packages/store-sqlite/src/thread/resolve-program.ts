import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { StoreProgram } from '@motia/engine-core/contract';

/** Sources that Node cannot load by itself. */
const typescript = /\.[cm]?tsx?$/;
/** In the order in which Node looks at what an ES module imports. */
const importConditions = new Set(['node', 'import', 'module-sync', 'default']);

/** Why no thread can have the program; undefined when it may. Looks only at names, so it may be asked on any thread. */
export function whyNotImportable({ specifier, from }: StoreProgram['source']): string | undefined {
  const name = typescript.test(from) ? from : typescript.test(specifier) ? specifier : undefined;
  if (name !== undefined) return `${name} is TypeScript`;
  return from.startsWith('file:') || specifier.startsWith('file:') ? undefined : `${from} is no file`;
}

/**
 * The URL of a program's file, found from the package that brings it: that package may lie anywhere, nested or hoisted.
 * @throws when there is no such file
 */
export function resolveProgram({ specifier, from }: StoreProgram['source']): string {
  if (/^(?:\.\.?\/|\/|file:)/.test(specifier)) return new URL(specifier, from).href;
  try {
    return pathToFileURL(createRequire(from).resolve(specifier)).href;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const found = code === 'ERR_PACKAGE_PATH_NOT_EXPORTED' || code === 'MODULE_NOT_FOUND' ? importOnly(specifier, fileURLToPath(from)) : undefined;
    if (found === undefined) throw error;
    return pathToFileURL(found).href;
  }
}

/** For packages without anything for `require`. Node offers no way to resolve an `import` from elsewhere. */
function importOnly(specifier: string, from: string): string | undefined {
  const name = specifier.split('/').slice(0, specifier.startsWith('@') ? 2 : 1).join('/');
  const subpath = `.${specifier.slice(name.length)}`;
  for (const folder of packageFolders(name, dirname(from))) {
    const { exports } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { readonly exports?: unknown };
    const target = targetOf(subpath === '.' && !hasSubpaths(exports) ? exports : (exports as Readonly<Record<string, unknown>> | undefined)?.[subpath]);
    if (target !== undefined) return join(folder, target);
  }
  return undefined;
}

/** The package that the file is part of when it has that name, then those beside it and above. */
function* packageFolders(name: string, start: string): Generator<string> {
  for (let folder = start; ; folder = dirname(folder)) {
    const manifest = join(folder, 'package.json');
    if (existsSync(manifest) && (JSON.parse(readFileSync(manifest, 'utf8')) as { readonly name?: unknown }).name === name) yield folder;
    const beside = join(folder, 'node_modules', name);
    if (existsSync(join(beside, 'package.json'))) yield beside;
    if (folder === dirname(folder)) return;
  }
}

function hasSubpaths(exports: unknown): boolean {
  return typeof exports === 'object' && exports !== null && Object.keys(exports).some((key) => key.startsWith('.'));
}

function targetOf(entry: unknown): string | undefined {
  if (typeof entry === 'string') return entry;
  if (typeof entry !== 'object' || entry === null) return undefined;
  for (const [condition, value] of Object.entries(entry)) {
    const target = importConditions.has(condition) ? targetOf(value) : undefined;
    if (target !== undefined) return target;
  }
  return undefined;
}
