import { existsSync, readFileSync } from 'node:fs';
import { mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** Builds whose files stay: a process of an older generation may still import a chunk of its own. */
const keptBuilds = 3;
const listName = 'builds.json';

export interface Bundle {
  /** Absolute folder of `files`. */
  readonly folder: string;
  /** Content-addressed by name: a file that exists is the same file. */
  readonly files: readonly { readonly path: string; readonly contents: Uint8Array }[];
  /** Absolute path of the entry and its text. */
  readonly entry: { readonly path: string; readonly text: string };
}

/**
 * Writes a bundle so that the entry is complete at every moment: first what it imports, then the entry by renaming it
 * into place. Files of the last few builds stay, older ones are removed.
 */
export async function writeBundle(bundle: Bundle): Promise<void> {
  await mkdir(bundle.folder, { recursive: true });
  await Promise.all(
    bundle.files.map(async ({ path, contents }) => {
      if (!existsSync(path)) await replaceFile(path, contents);
    }),
  );
  await markAsModules(dirname(bundle.entry.path));
  await replaceFile(bundle.entry.path, bundle.entry.text);
  await forgetOldBuilds(bundle);
}

/** The bundle is ESM in `.js` files, which an app without `"type": "module"` would make Node read as CommonJS. */
export async function markAsModules(outDir: string): Promise<void> {
  for (let folder = outDir; ; folder = dirname(folder)) {
    const path = join(folder, 'package.json');
    if (existsSync(path)) {
      const isModule = (JSON.parse(readFileSync(path, 'utf8')) as { readonly type?: string }).type === 'module';
      if (isModule || folder === outDir) return;
      break;
    }
    if (dirname(folder) === folder) break;
  }
  await replaceFile(join(outDir, 'package.json'), `${JSON.stringify({ type: 'module' })}\n`);
}

let writes = 0;

/** Writes a file so that whoever reads it meets all of it or what was there before. */
export async function replaceFile(path: string, contents: Uint8Array | string): Promise<void> {
  // Two replicas, or two builds of one program, may write the same file at the same time.
  writes += 1;
  const temporary = `${path}.${process.pid}-${writes}.tmp`;
  await writeFile(temporary, contents);
  await rename(temporary, path);
}

async function forgetOldBuilds({ folder, files }: Bundle): Promise<void> {
  const names = files.map(({ path }) => basename(path)).sort();
  const earlier = (await readBuilds(join(folder, listName))).filter((build) => build.join() !== names.join());
  const builds = [names, ...earlier].slice(0, keptBuilds);
  const kept = new Set([listName, ...builds.flat()]);
  await replaceFile(join(folder, listName), `${JSON.stringify(builds)}\n`);
  const stale = (await readdir(folder)).filter((name) => !kept.has(name) && !name.endsWith('.tmp'));
  await Promise.all(stale.map((name) => rm(join(folder, name), { force: true, recursive: true })));
}

async function readBuilds(path: string): Promise<readonly (readonly string[])[]> {
  try {
    const builds: unknown = JSON.parse(await readFile(path, 'utf8'));
    return Array.isArray(builds) ? builds.filter((build): build is string[] => Array.isArray(build)) : [];
  } catch {
    // No list, or a broken one: this build starts a new one.
    return [];
  }
}
