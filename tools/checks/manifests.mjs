import { allowed } from '../lint/boundaries.mjs';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { workspaceFolders } from '../workspace/folders.mjs';

const tags = Object.keys(allowed);
const isOwn = (name) => name === 'motia' || name.startsWith('@motia/');

/** What every package.json must say. Publishable packages must say more, and plugins take engine-core as a peer. */
export function checkManifests(root) {
  const rootManifest = read(root, '.');
  return workspaceFolders(root).flatMap((folder) => {
    const manifest = read(root, folder);
    const faults = [];
    const expect = (isTrue, text) => isTrue || faults.push(`${folder}/package.json: ${text}`);
    const tag = manifest.nx?.tags?.find((name) => tags.includes(name));
    expect(tag !== undefined, `nx.tags needs one of ${tags.join(', ')}`);
    expect(manifest.type === 'module', '"type" must be "module"');
    expect(/^\d+\.\d+\.\d+$/.test(manifest.version ?? ''), '"version" is missing');
    for (const field of ['dependencies', 'devDependencies', 'peerDependencies', 'optionalDependencies']) {
      for (const [name, range] of Object.entries(manifest[field] ?? {})) {
        if (isOwn(name)) expect(new RegExp(`^\\^?${rootManifest.version}$`).test(range), `${field}.${name}: "${range}" must be "^${rootManifest.version}"`);
      }
    }
    expect([undefined, manifest.version].includes(sourceVersion(root, folder)), 'src/version.ts names another version');
    if (manifest.private === true) return faults;
    expect(manifest.license === 'MIT' && text(root, folder, 'LICENSE') === text(root, '.', 'LICENSE'), 'license must be MIT, with a copy of the root LICENSE beside it');
    expect(text(root, folder, 'README.md') !== undefined, 'needs a README.md');
    expect(Boolean(manifest.description), '"description" is missing');
    expect(manifest.engines?.node === rootManifest.engines.node, `engines.node must be "${rootManifest.engines.node}"`);
    expect(manifest.repository?.directory === folder, `repository.directory must be "${folder}"`);
    expect(manifest.publishConfig?.access === 'public' && manifest.publishConfig.provenance === true, 'publishConfig needs access public and provenance');
    expect(manifest.sideEffects !== undefined, '"sideEffects" is missing');
    expect(['dist', 'src'].every((name) => manifest.files?.includes(name)), '"files" needs dist and src');
    for (const script of ['build', 'typecheck', 'lint', 'test', 'test:types', 'test:crash', 'test:e2e', 'check:package']) {
      expect(manifest.scripts?.[script] !== undefined, `scripts.${script} is missing`);
    }
    if (tag === 'type:module' || tag === 'type:store') {
      const core = '@motia/engine-core';
      expect(manifest.dependencies?.[core] === undefined, `${core} must be a peer, not a dependency`);
      expect(manifest.peerDependencies?.[core] !== undefined && manifest.devDependencies?.[core] === manifest.peerDependencies[core], `${core} must be a peer and, in the same range, a devDependency`);
    }
    return faults;
  });
}

/** The literal in src/version.ts, kept by hand so that no build step or file access is needed to know it. */
function sourceVersion(root, folder) {
  return /'(\d+\.\d+\.\d+[^']*)'/.exec(text(root, folder, 'src/version.ts') ?? '')?.[1];
}

function read(root, folder) {
  return JSON.parse(text(root, folder, 'package.json'));
}

function text(root, folder, name) {
  const file = join(root, folder, name);
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}
