import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Installs one package, and nothing else by name, into an empty project; faults if any own package came from elsewhere. */
export function installAlone(folder, manifest, tarballs) {
  const specs = Object.fromEntries([...tarballs].map(([name, file]) => [name, `file:${file}`]));
  mkdirSync(folder);
  const project = { name: 'consumer', private: true, dependencies: { [manifest.name]: specs[manifest.name] }, overrides: specs };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(project));
  const run = spawnSync('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error'], {
    cwd: folder,
    encoding: 'utf8',
  });
  if (run.status !== 0) return [`npm install failed\n${run.stdout}${run.stderr}`];
  const { packages } = JSON.parse(readFileSync(join(folder, 'package-lock.json'), 'utf8'));
  return Object.entries(packages).flatMap(([path, { resolved = '', version }]) => {
    const name = path.split('node_modules/').at(-1);
    const isOwn = name === 'motia' || name.startsWith('@motia/');
    return isOwn && !(resolved.startsWith('file:') && version === manifest.version) ? [`${path} was not installed from our tarball: ${resolved || version}`] : [];
  });
}
