/** `npm run new:module -- <name>`: makes packages/module-<name>, a module that passes the conformance kit from its first run. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { moduleFiles } from './files.mjs';

const repository = fileURLToPath(new URL('../../..', import.meta.url));
const [name, ...rest] = process.argv.slice(2);
const root = rest[0] === '--root' && rest[1] !== undefined ? rest[1] : repository;

if (name === undefined || !/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name)) {
  console.error('Usage: npm run new:module -- <name>     a kebab-case name without "module-", for example: kafka');
  process.exit(64);
}
const folder = `packages/module-${name}`;
if (existsSync(join(root, folder))) {
  console.error(`${folder} exists already.`);
  process.exit(73);
}
for (const [file, text] of Object.entries(moduleFiles({ name, folder, repository }))) {
  const path = join(root, folder, file);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}
console.log(`${folder} is ready. Next:
  npm install
  npx nx run @motia/module-${name}:test
To load it by class path, add it to the table of engine-core; a third party lists it under "packages:" of config.yaml.`);
