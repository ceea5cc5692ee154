/**
 * The one build factory: run inside a package folder (`npm run build`), it reads that package's exports map and bins and
 * writes ESM, CJS, `.d.ts` and `.d.cts` to dist/. The exports map is the only list of entries; the build fails when it
 * and the built files disagree, or when a dependency would be copied into the bundle unannounced.
 */
import { renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'tsup';
import { readEntries } from './entries.mjs';
import { esmToCjs } from './esm-to-cjs.mjs';
import { emitTypes } from './emit-types.mjs';
import { writeLicenses } from './licenses.mjs';
import { sharedTypebox } from './shared-typebox.mjs';
import { readMetafiles, verifyBuild } from './verify-build.mjs';

const root = process.cwd();
/** Built here and moved in one step, so that programs which run from dist/ never meet half of it, and two builds never meet. */
const staging = `.dist-next-${process.pid}`;
try {
  await buildPackage();
} catch (error) {
  // tsup and esbuild have printed their own findings; a stack of the bundler adds nothing.
  rmSync(join(root, staging), { recursive: true, force: true });
  console.error(error.message);
  process.exit(1);
}

async function buildPackage() {
  const { manifest, libraries, bins } = readEntries(root);
  const bundled = manifest.motia?.bundled ?? [];
  rmSync(join(root, staging), { recursive: true, force: true });
  const shared = {
    config: false,
    outDir: staging,
    target: 'node20',
    platform: 'node',
    format: ['esm'],
    bundle: true,
    splitting: true,
    sourcemap: true,
    metafile: true,
    dts: false,
    silent: true,
    external: [/^@motia\//, /^motia(\/|$)/, manifest.name],
    // The schema builder goes through the plugin, or is bundled.
    noExternal: [...bundled, '@sinclair/typebox'].map((name) => new RegExp(`^${name}(?:/|$)`)),
    esbuildPlugins: bundled.includes('@sinclair/typebox') ? [] : [sharedTypebox()],
  };

  // CommonJS that is bundled may ask for what Node brings; an ES module has no `require` of its own.
  const banner = manifest.motia?.bundledUsesRequire === true ? { js: "import { createRequire as bundledRequire } from 'node:module';\nconst require = bundledRequire(import.meta.url);" } : {};
  await build({ ...shared, banner, entry: { ...libraries, ...bins }, outExtension: () => ({ js: '.js' }) });
  const esm = readMetafiles(root, staging);
  if (Object.keys(libraries).length > 0) {
    await build({ ...shared, entry: libraries, outExtension: () => ({ js: '.cjs' }), plugins: [esmToCjs()] });
  }
  emitTypes(root, staging, Object.values(libraries));
  writeLicenses(root, staging, bundled);
  verifyBuild(root, staging, manifest, { libraries, bins }, [...esm, ...readMetafiles(root, staging)]);
  publish();
}

function publish() {
  const dist = join(root, 'dist');
  const previous = join(root, `.dist-previous-${process.pid}`);
  try {
    renameSync(dist, previous);
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
  renameSync(join(root, staging), dist);
  rmSync(previous, { recursive: true, force: true });
}
