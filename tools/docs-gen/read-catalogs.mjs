/**
 * Finds every error catalog of the repository: each source file that calls `defineErrors` is bundled and run, and what
 * it exports with `$area` and `$catalog` counts. Reading the sources keeps the page independent of what was built last.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';

const require = createRequire(import.meta.url);
// The bundler that tsup brings: the same one that builds the packages.
const esbuild = createRequire(require.resolve('tsup'))('esbuild');

/** Every source file with its text. */
export function sourceTexts(root) {
  return sourceFiles(root).map((file) => ({ file: relative(root, file), text: readFileSync(file, 'utf8') }));
}

/** @returns {Promise<{ area: string, condition: string, entry: object, package: string, file: string }[]>} by code */
export async function readCatalogs(root) {
  const files = sourceFiles(root).filter((file) => /\bdefineErrors\(\s*'/.test(readFileSync(file, 'utf8')));
  const conditions = [];
  // Inside the repository, so that bare imports of the bundles resolve.
  const folder = mkdtempSync(join(root, 'node_modules', '.docs-gen-'));
  try {
    for (const [index, file] of files.entries()) {
      const outfile = join(folder, `${index}.mjs`);
      esbuild.buildSync({
        entryPoints: [file], outfile, bundle: true, platform: 'node', format: 'esm', target: 'node20', logLevel: 'error', conditions: ['@motia/source'],
        external: ['vscode-jsonrpc', 'vscode-jsonrpc/*'],
      });
      const exported = await import(pathToFileURL(outfile).href);
      const relativeFile = relative(root, file);
      const catalogs = Object.values(exported).filter((value) => typeof value?.$area === 'string' && typeof value.$catalog === 'object');
      if (catalogs.length === 0) throw new Error(`${relativeFile} defines errors and exports no catalog`);
      for (const { $area: area, $catalog: catalog } of catalogs) {
        for (const [condition, entry] of Object.entries(catalog)) {
          conditions.push({ area, condition, code: `MOTIA_${area}_${condition}`, entry, package: packageName(root, relativeFile), file: relativeFile });
        }
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return conditions.sort((a, b) => (a.code < b.code ? -1 : 1));
}

function sourceFiles(root) {
  return ['packages', 'apps'].flatMap((group) =>
    readdirSync(join(root, group), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .flatMap((entry) => walk(join(root, group, entry.name, 'src'))),
  );
}

function walk(folder) {
  let entries;
  try {
    entries = readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
  return entries.flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return walk(path);
    return entry.name.endsWith('.ts') ? [path] : [];
  });
}

function packageName(root, file) {
  const [group, folder] = file.split('/');
  return JSON.parse(readFileSync(join(root, group, folder, 'package.json'), 'utf8')).name;
}
