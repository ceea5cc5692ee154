import { existsSync, realpathSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, isAbsolute, join, sep } from 'node:path';
import type { OnResolveResult, Plugin } from 'esbuild';

const bare = /^[^./#]/;
const ours = /^(?:motia|@motia\/[^/]+)(?:\/|$)/;
const marker = Symbol('resolved by packages plugin');

/**
 * Leaves packages out of the bundle and bundles everything else. esbuild's own `packages: 'external'` takes an alias of
 * `tsconfig.json` that looks like a package name (`lib/db`) for a package; here the alias wins, as in TypeScript. A package
 * that is not installed is an error with its place, now rather than when the bundle is loaded.
 */
export function packagesPlugin(): Plugin {
  return {
    name: 'motia-packages',
    setup(build) {
      const known = new Map<string, Promise<OnResolveResult | undefined>>();
      build.onResolve({ filter: bare }, (args) => {
        if (args.pluginData === marker || isAbsolute(args.path)) return undefined;
        if (isBuiltin(args.path) || ours.test(args.path)) return { path: args.path, external: true };
        const key = `${args.resolveDir}\0${args.kind}\0${args.path}`;
        let result = known.get(key);
        if (result === undefined) {
          result = resolve(args.path, args.resolveDir, () =>
            build.resolve(args.path, { importer: args.importer, resolveDir: args.resolveDir, kind: args.kind, pluginData: marker }),
          );
          known.set(key, result);
        }
        return result;
      });
    },
  };
}

async function resolve(
  path: string,
  resolveDir: string,
  byEsbuild: () => Promise<{ readonly errors: readonly unknown[]; readonly external: boolean; readonly path: string }>,
): Promise<OnResolveResult | undefined> {
  const folder = installedFolder(packageName(path), resolveDir);
  const found = await byEsbuild();
  if (found.errors.length > 0) return folder === undefined ? undefined : { path, external: true };
  if (found.external) return { path, external: true };
  return folder !== undefined && found.path.startsWith(folder + sep) ? { path, external: true } : undefined;
}

/** Real path of the package's folder as Node would find it from `from`. */
function installedFolder(name: string, from: string): string | undefined {
  for (let folder = from; ; folder = dirname(folder)) {
    const candidate = join(folder, 'node_modules', name);
    if (existsSync(candidate)) return realpathSync(candidate);
    if (dirname(folder) === folder) return undefined;
  }
}

/** `@scope/name/deep` and `name/deep` without what follows the name. */
export function packageName(specifier: string): string {
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
}
