import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const isOwn = (name) => name === 'motia' || name.startsWith('@motia/');

/** `motia` and `@motia/*` are taken on npm by others: every such entry must be a link into this workspace. */
export function checkLockfile(root) {
  return lockfileFaults(JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages);
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
  return faults;
}
