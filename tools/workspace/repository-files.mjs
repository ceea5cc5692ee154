import { spawnSync } from 'node:child_process';
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

const ignoredFolders = new Set(['node_modules', 'dist', 'results', '.nx', '.git', '.swc', 'coverage', 'data']);

/** Every file that is or would be committed, relative to the root. Without git: the work tree minus what is generated. */
export function repositoryFiles(root) {
  const git = spawnSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: root, encoding: 'utf8', maxBuffer: 1 << 26 });
  const files = git.status === 0 ? git.stdout.split('\0').filter(Boolean) : walk(root, '');
  return [...new Set(files)].filter((file) => statSync(join(root, file), { throwIfNoEntry: false })?.isFile()).sort();
}

function walk(root, folder) {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) return ignoredFolders.has(entry.name) ? [] : walk(root, path);
    return [path];
  });
}

/** The text of a file, or undefined if it is binary. */
export function readText(root, file) {
  const content = readFileSync(join(root, file));
  return content.subarray(0, 8000).includes(0) ? undefined : content.toString('utf8');
}
