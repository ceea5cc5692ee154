import { statSync } from 'node:fs';
import { join } from 'node:path';
import { readText, repositoryFiles } from '../workspace/repository-files.mjs';

const generated = /(^|\/)(node_modules|dist|results|coverage|\.nx|\.swc)\/|\.(db|db-wal|db-shm|sqlite3?|log|tgz|tsbuildinfo|map|min\.js|pid)$|(^|\/)\.env$/;
const maxBytes = 512 * 1024;

/** No build output, database, log, tarball or secret file, and nothing so large that it must be a bundle. */
export function checkCommittedFiles(root) {
  return repositoryFiles(root).flatMap((file) => {
    if (generated.test(file)) return [`${file}: generated files are not committed`];
    const { size } = statSync(join(root, file));
    return size > maxBytes && file !== 'package-lock.json' ? [`${file}: ${size} bytes, over ${maxBytes}`] : [];
  });
}

// Spelled in pieces, so that this file does not find itself.
const homeFolders = ['work', 'root', 'home', 'Users'].join('|');
const machinePath = new RegExp(`(?<![\\w.@:/*-])/(?:${homeFolders})/[\\w.~-]+`);
const registryHost = new RegExp(['registry\\.npm' + 'js\\.org', 'registry\\.yarn' + 'pkg\\.com', 'npm\\.pkg\\.git' + 'hub\\.com', 'npm' + 'mirror\\.com'].join('|'));

/** Paths of one developer's machine, and registries other than by name of the package. */
export function checkMachinePaths(root) {
  return repositoryFiles(root).flatMap((file) => {
    const lines = (readText(root, file) ?? '').split('\n');
    return lines.flatMap((line, index) => {
      const found = machinePath.exec(line) ?? registryHost.exec(line);
      return found === null ? [] : [`${file}:${index + 1}: ${found[0]}`];
    });
  });
}
