import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What a condition object of the exports map must look like for the entry `src/<stem>.ts`. */
export function expectedExport(stem) {
  return {
    '@motia/source': `./src/${stem}.ts`,
    import: { types: `./dist/${stem}.d.ts`, default: `./dist/${stem}.js` },
    require: { types: `./dist/${stem}.d.cts`, default: `./dist/${stem}.cjs` },
  };
}

/** Reads package.json and returns tsup entries by output name; throws one error that lists every fault of the exports map. */
export function readEntries(root) {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const faults = [];
  const libraries = {};
  for (const [subpath, target] of Object.entries(manifest.exports ?? {})) {
    if (typeof target === 'string') {
      if (!existsSync(join(root, target))) faults.push(`exports["${subpath}"]: ${target} does not exist`);
      continue;
    }
    const source = target['@motia/source'];
    const stem = /^\.\/src\/(.+)\.tsx?$/.exec(source ?? '')?.[1];
    if (stem === undefined) {
      faults.push(`exports["${subpath}"]: needs the condition "@motia/source" pointing at ./src/<entry>.ts`);
      continue;
    }
    if (!existsSync(join(root, source))) faults.push(`exports["${subpath}"]: ${source} does not exist`);
    const expected = { ...expectedExport(stem), '@motia/source': source };
    if (JSON.stringify(target) !== JSON.stringify(expected)) {
      faults.push(`exports["${subpath}"]: expected, in this order, ${JSON.stringify(expected)}`);
    }
    libraries[stem] = source;
  }
  const bins = {};
  for (const [name, file] of Object.entries(manifest.bin ?? {})) {
    const stem = /^\.?\/?dist\/(.+)\.js$/.exec(file)?.[1];
    const source = `./src/${stem}.ts`;
    if (stem === undefined || !existsSync(join(root, source))) faults.push(`bin "${name}": ${file} has no source ${source}`);
    else bins[stem] = source;
  }
  if (faults.length > 0) throw new Error(`${manifest.name}: package.json disagrees with src\n  ${faults.join('\n  ')}`);
  return { manifest, libraries, bins };
}
