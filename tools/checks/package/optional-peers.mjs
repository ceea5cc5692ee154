import { spawnSync } from 'node:child_process';
import { loadFaults } from './load-entries.mjs';

/**
 * Optional peers that entries beside the main one cannot be loaded without (`./react`). The main entry has to load with
 * nothing but the package itself, and so do all others whose missing part is not an optional peer.
 */
export function peersThatEntriesNeed(folder, [, ...others], { peerDependenciesMeta = {} }) {
  const optional = Object.keys(peerDependenciesMeta).filter((peer) => peerDependenciesMeta[peer].optional);
  if (optional.length === 0) return [];
  const text = loadFaults(folder, others).join('\n');
  return optional.filter((peer) => text.includes(`Cannot find package '${peer}'`) || text.includes(`Cannot find module '${peer}'`));
}

/** Installs peers and their types beside the package, as whoever uses such an entry has them. */
export function installPeers(folder, { devDependencies = {} }, peers) {
  if (peers.length === 0) return [];
  const wanted = peers.flatMap((peer) => [peer, `@types/${peer}`]).filter((name) => name in devDependencies).map((name) => `${name}@${devDependencies[name]}`);
  const run = spawnSync('npm', ['install', '--no-save', '--no-audit', '--no-fund', '--prefer-offline', '--ignore-scripts', ...wanted], { cwd: folder, encoding: 'utf8', shell: process.platform === 'win32' });
  return run.status === 0 ? [] : [`the optional peers ${wanted.join(' ')} cannot be installed: ${run.stderr}`];
}
