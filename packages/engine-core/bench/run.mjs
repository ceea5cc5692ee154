/** Bundles each `*.bench.ts` from source and runs it: `npm run bench`, or `npm run bench -- invoke`. */
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));
const wanted = process.argv[2] ?? '';
for (const name of readdirSync(here).filter((file) => file.endsWith('.bench.ts') && file.includes(wanted))) {
  // Inside the package, so that what stays external is found.
  const outfile = join(here, '..', 'node_modules', '.bench', name.replace(/\.ts$/, '.mjs'));
  await build({
    entryPoints: [join(here, name)],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    conditions: ['@motia/source'],
    external: ['vscode-jsonrpc', 'ajv', '@opentelemetry/api'],
    logLevel: 'warning',
  });
  await import(pathToFileURL(outfile).href);
}
