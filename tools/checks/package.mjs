/**
 * Checks the package in the current folder as its users will get it: packs it, asks publint and attw about the tarball,
 * installs it alone in an empty project, loads every entry as ESM and as CJS, and compiles against its types.
 * `motia` and `@motia/*` come from tarballs of this workspace by `overrides`; on npm those names belong to others.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { packClosure } from './package/pack.mjs';
import { attwFaults, publintFaults } from './package/lint-tarball.mjs';
import { installAlone } from './package/install-alone.mjs';
import { installPeers, peersThatEntriesNeed } from './package/optional-peers.mjs';
import { loadFaults } from './package/load-entries.mjs';
import { typeFaults } from './package/compile-consumer.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const packageFolder = process.cwd();
const manifest = JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8'));
const folder = mkdtempSync(join(tmpdir(), 'motia-package-'));
try {
  const tarballs = packClosure(root, manifest.name, folder);
  const subpaths = Object.entries(manifest.exports).filter(([, target]) => typeof target !== 'string').map(([subpath]) => subpath);
  const entries = subpaths.map((subpath) => manifest.name + subpath.slice(1));
  const faults = [
    ...(await publintFaults(tarballs.get(manifest.name))),
    ...attwFaults(root, tarballs.get(manifest.name), Object.keys(manifest.exports).filter((subpath) => subpath.endsWith('.json'))),
  ];
  const consumer = join(folder, 'consumer');
  faults.push(...installAlone(consumer, manifest, tarballs));
  if (faults.length === 0) {
    const missing = peersThatEntriesNeed(consumer, entries, manifest);
    faults.push(...installPeers(consumer, manifest, missing), ...loadFaults(consumer, entries), ...typeFaults(root, consumer, entries));
  }
  for (const fault of faults) console.error(`${manifest.name}: ${fault}`);
  if (faults.length > 0) process.exitCode = 1;
  else console.log(`${manifest.name}: packs, installs alone and loads (${entries.join(', ')})`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
