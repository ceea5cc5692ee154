import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { workspaceFolders } from './folders.mjs';

/** npm links a workspace's bins only if they exist when it installs; ours are built later, so this links them after a build. */
export function linkBins(root) {
  const binFolder = join(root, 'node_modules', '.bin');
  mkdirSync(binFolder, { recursive: true });
  for (const folder of workspaceFolders(root)) {
    const { bin = {} } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
    for (const [name, file] of Object.entries(bin)) {
      const target = join(root, folder, file);
      if (!existsSync(target)) continue;
      chmodSync(target, 0o755);
      const link = join(binFolder, name);
      rmSync(link, { force: true });
      symlinkSync(relative(binFolder, target), link);
    }
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) linkBins(fileURLToPath(new URL('../..', import.meta.url)));
