import { chmodSync, existsSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** Reads and removes the metafiles that tsup left in the folder. */
export function readMetafiles(root, folder) {
  return readdirSync(join(root, folder))
    .filter((name) => /^metafile-.*\.json$/.test(name))
    .map((name) => {
      const file = join(root, folder, name);
      const metafile = JSON.parse(readFileSync(file, 'utf8'));
      rmSync(file);
      return metafile;
    });
}

function promisedFiles(target) {
  if (typeof target === 'string') return [target];
  return Object.values(target).flatMap(promisedFiles);
}

/** Throws when a promised file is missing, an entry was built that nothing exports, or a dependency was bundled. */
export function verifyBuild(root, folder, manifest, { libraries, bins }, metafiles) {
  const faults = [];
  const promised = new Set([
    ...Object.values(manifest.exports ?? {}).flatMap(promisedFiles),
    ...Object.values(manifest.bin ?? {}),
    ...['main', 'module', 'types'].flatMap((field) => manifest[field] ?? []),
  ]);
  for (const file of promised) {
    if (!existsSync(join(root, file.replace(/^\.\/dist\//, `${folder}/`)))) faults.push(`promised but not built: ${file}`);
  }
  // Chunks of dynamic imports name an entry point too; only what was asked for must be exported.
  const requested = new Set([...Object.values(libraries), ...Object.values(bins)].map((source) => source.replace(/^\.\//, '')));
  for (const metafile of metafiles) {
    for (const [output, { entryPoint }] of Object.entries(metafile.outputs)) {
      if (requested.has(entryPoint) && !promised.has(output.replace(`${folder}/`, './dist/'))) faults.push(`built but not exported: ${output.replace(`${folder}/`, 'dist/')}`);
    }
    for (const input of Object.keys(metafile.inputs)) {
      if (input.includes('node_modules/') && !(manifest.motia?.bundled ?? []).some((name) => input.includes(`node_modules/${name}/`))) {
        faults.push(`bundled, so declare it in dependencies (or in motia.bundled): ${input}`);
      }
    }
  }
  if (Object.keys(libraries).length + Object.keys(bins).length === 0) faults.push('nothing to build: no exports, no bin');
  if (faults.length > 0) throw new Error(`${manifest.name}: exports map and build disagree\n  ${faults.join('\n  ')}`);
  for (const stem of Object.keys(bins)) {
    const file = join(root, folder, `${stem}.js`);
    if (!readFileSync(file, 'utf8').startsWith('#!')) throw new Error(`${manifest.name}: ${stem}.ts must start with #!/usr/bin/env node`);
    chmodSync(file, 0o755);
  }
}
