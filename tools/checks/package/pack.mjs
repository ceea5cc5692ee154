import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { workspaceFolders } from '../../workspace/folders.mjs';

/** Packs `name` and every own package it needs at run time; returns tarball paths by package name. */
export function packClosure(root, name, destination) {
  const packages = new Map(
    workspaceFolders(root).map((folder) => {
      const manifest = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
      return [manifest.name, { folder, manifest }];
    }),
  );
  const wanted = new Set();
  const visit = (current) => {
    const found = packages.get(current);
    if (found === undefined || wanted.has(current)) return;
    wanted.add(current);
    const { dependencies = {}, peerDependencies = {}, peerDependenciesMeta = {} } = found.manifest;
    for (const dependency of Object.keys(dependencies)) visit(dependency);
    for (const peer of Object.keys(peerDependencies)) if (peerDependenciesMeta[peer]?.optional !== true) visit(peer);
  };
  visit(name);
  const folders = [...wanted].map((each) => join(root, packages.get(each).folder));
  const run = spawnSync('npm', ['pack', ...folders, '--json', '--ignore-scripts', '--pack-destination', destination], { cwd: root, encoding: 'utf8' });
  if (run.status !== 0) throw new Error(`npm pack failed\n${run.stderr}`);
  const packed = JSON.parse(run.stdout);
  return new Map(Object.values(packed).map(({ name: each, filename }) => [each, join(destination, filename.replace('@', '').replace('/', '-'))]));
}
