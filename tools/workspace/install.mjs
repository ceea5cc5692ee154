import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Environment for nx: no daemon, no cloud, no full-screen interface. */
export function toolEnvironment() {
  return { ...process.env, NX_DAEMON: 'false', NX_NO_CLOUD: 'true', NX_TUI: 'false' };
}

/** Environment for npm: native packages that must compile find the headers beside Node instead of downloading them. */
function installEnvironment() {
  const prefix = dirname(dirname(process.execPath));
  const hasHeaders = existsSync(join(prefix, 'include', 'node', 'node.h'));
  return hasHeaders && process.env.npm_config_nodedir === undefined ? { ...process.env, npm_config_nodedir: prefix } : process.env;
}

/** True when node_modules holds exactly what package-lock.json asks for (packages of other platforms aside). */
export function isInstalled(root) {
  const hidden = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(hidden)) return false;
  const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
  const present = JSON.parse(readFileSync(hidden, 'utf8')).packages;
  return Object.entries(wanted)
    .filter(([path]) => path.includes('node_modules/'))
    .every(([path, entry]) => {
      // What a workspace without its folder leaves in the lock file cannot be installed by trying again.
      if (entry.link) return existsSync(join(root, path)) || !existsSync(join(root, entry.resolved, 'package.json'));
      const found = present[path];
      return found === undefined ? entry.optional === true || entry.devOptional === true : found.version === entry.version;
    });
}

/** Runs `npm ci` if node_modules is missing or stale; exits with npm's code if that fails. */
export function ensureInstalled(root) {
  if (isInstalled(root)) return;
  console.error('Installing dependencies (npm ci) ...');
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const run = spawnSync(npm, ['ci', '--no-audit', '--no-fund', '--prefer-offline'], {
    cwd: root,
    env: installEnvironment(),
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  });
  if (run.status !== 0) process.exit(run.status ?? 1);
}

/** Path of nx's command, to be run with node. */
export const nxCommand = (root) => join(root, 'node_modules', 'nx', 'dist', 'bin', 'nx.js');
