/**
 * Writes docs/reference/errors.md from the error catalogs: `node tools/docs-gen/run.mjs`. With `--check` it writes
 * nothing and fails when the page differs from the catalogs; with `--list` it only prints the codes.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { errorsPage } from './errors-page.mjs';
import { catalogFaults, unusedConditions } from './catalog-faults.mjs';
import { readCatalogs, sourceTexts } from './read-catalogs.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const file = `${root}docs/reference/errors.md`;
const conditions = await readCatalogs(root);
const faults = [...catalogFaults(conditions), ...unusedConditions(conditions, sourceTexts(root))];
for (const fault of faults) console.error(fault);

const isCheck = process.argv.includes('--check');
const isList = process.argv.includes('--list');
const page = errorsPage(conditions);
const isStale = !existsSync(file) || readFileSync(file, 'utf8') !== page;
if (isList) {
  for (const { code } of conditions) console.log(code);
} else if (isStale && isCheck) {
  console.error('docs/reference/errors.md differs from the catalogs: run `node tools/docs-gen/run.mjs`');
} else if (isStale) {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, page);
  console.log(`wrote docs/reference/errors.md: ${conditions.length} conditions`);
}
process.exitCode = faults.length > 0 || (isStale && isCheck) ? 1 : 0;
