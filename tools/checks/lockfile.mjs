import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const isOwn = (name) => name === 'motia' || name.startsWith('@motia/');

/** `motia` and `@motia/*` are taken on npm by others: every such entry must be a link into this workspace. */
export function checkLockfile(root) {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  return [...lockfileFaults(packages), ...missingWorkspaces(packages, trackedFiles(root))];
}

export function lockfileFaults(packages) {
  const faults = [];
  for (const [path, entry] of Object.entries(packages)) {
    const name = path.split('node_modules/').at(-1);
    if (path.includes('node_modules/') && (isOwn(name) || isOwn(entry.name ?? ''))) {
      if (entry.link !== true) faults.push(`package-lock.json: ${path} is not a link to a workspace; its range does not match ours`);
    } else if (/^https?:/.test(entry.resolved ?? '')) {
      faults.push(`package-lock.json: ${path} records a download address; install with the repository's .npmrc`);
    }
  }
  return [...faults, ...missingPlatforms(packages)];
}

/** A workspace in the lock file whose folder is gone, or was never committed: nobody else can install it. */
export function missingWorkspaces(packages, tracked) {
  const folders = new Set(Object.entries(packages).flatMap(([path, entry]) => (entry.link ? [entry.resolved] : path !== '' && !path.includes('node_modules/') ? [path] : [])));
  return [...folders].filter((folder) => !tracked.has(`${folder}/package.json`)).map((folder) => `package-lock.json: the workspace ${folder} has no tracked package.json; run npm install after removing it`);
}

function trackedFiles(root) {
  return new Set(execFileSync('git', ['ls-files', '*package.json'], { cwd: root, encoding: 'utf8' }).split('\n'));
}

/**
 * Binaries of other platforms that the lock file leaves out: npm would not install them there, and `npm ci` refuses such
 * a lock file everywhere. They go missing when a registry does not hold them yet; pin the parent to a version it holds.
 */
function missingPlatforms(packages) {
  return Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies)
      .filter((name) => !ancestors(path).some((folder) => packages[`${folder}node_modules/${name}`] !== undefined))
      .map((name) => `package-lock.json: ${path} wants ${name}, which is not in the lock file`),
  );
}

/** `a/node_modules/b` looks into `a/node_modules/b/`, `a/` and the root. */
function ancestors(path) {
  const parts = path.split('/node_modules/');
  const folders = parts.map((_, index) => `${parts.slice(0, parts.length - index).join('/node_modules/')}/`);
  return [...folders, ''];
}
