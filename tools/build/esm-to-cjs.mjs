import { transform } from 'esbuild';

/**
 * A tsup plugin that turns split ESM chunks into CJS. tsup's own CJS splitting goes through sucrase, which rewrites
 * `import()` to `require()` and so breaks loading by file URL; esbuild keeps `import()` and Node's default-import rules.
 */
export function esmToCjs() {
  return {
    name: 'esm-to-cjs',
    async renderChunk(code, info) {
      if (!info.path.endsWith('.cjs')) return undefined;
      const usesMeta = /\bimport\.meta\.(url|dirname|filename)\b/.test(code);
      const result = await transform(code, {
        format: 'cjs',
        platform: 'node',
        target: 'node20',
        loader: 'js',
        // A .mjs name makes esbuild treat the default import of a CJS package as its module.exports, as Node does.
        sourcefile: info.path.replace(/\.cjs$/, '.mjs'),
        sourcemap: 'external',
        ...(usesMeta && {
          define: { 'import.meta.url': '__moduleUrl', 'import.meta.dirname': '__dirname', 'import.meta.filename': '__filename' },
          banner: "const __moduleUrl = require('node:url').pathToFileURL(__filename).href;",
        }),
      });
      return { code: result.code, map: result.map };
    },
  };
}
