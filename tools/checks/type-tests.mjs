/**
 * Compiles test/types/*.tst.ts of the package in the current folder against what it publishes (dist), not against src.
 * A type test is a file that must compile: `Expect<Equal<A, B>>` for what holds, `// @ts-expect-error` for what must not.
 */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

const root = process.cwd();
const folder = join(root, 'test', 'types');
const files = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.tst.ts')) : [];
if (files.length === 0) {
  console.log('no type tests');
  process.exit(0);
}
const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile);
const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
const program = ts.createProgram({
  rootNames: files.map((name) => join(folder, name)),
  options: { ...options, customConditions: [], noEmit: true },
});
const problems = ts.getPreEmitDiagnostics(program);
if (problems.length > 0) {
  const host = { getCurrentDirectory: () => root, getCanonicalFileName: (name) => name, getNewLine: () => '\n' };
  console.error(ts.formatDiagnosticsWithColorAndContext(problems, host));
  process.exit(1);
}
console.log(`${files.length} type test file(s) compile`);
