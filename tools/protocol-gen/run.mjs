/**
 * Writes what is generated from the protocol model: `npm run generate:protocol`. With `--check` it writes nothing and
 * fails when a file differs from what would be written.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { emitReference } from './emit-reference.mjs';
import { emitTypeScript } from './emit-typescript.mjs';
import { readModel } from './model.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const model = readModel(`${root}packages/protocol/motia.protocol.json`);
const outputs = {
  [`${root}packages/protocol/src/generated/messages.ts`]: emitTypeScript(model),
  [`${root}docs/reference/protocol.md`]: emitReference(model),
};

const isCheck = process.argv.includes('--check');
const stale = Object.entries(outputs).filter(([file, content]) => !existsSync(file) || readFileSync(file, 'utf8') !== content);
for (const [file, content] of stale) {
  const shown = relative(root, file);
  if (isCheck) {
    console.error(`${shown} differs from the model: run \`npm run generate:protocol\``);
  } else {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
    console.log(`wrote ${shown}`);
  }
}
process.exitCode = isCheck && stale.length > 0 ? 1 : 0;
