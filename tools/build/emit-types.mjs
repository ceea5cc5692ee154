import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import ts from 'typescript';

const relativeSpecifier = /((?:\bfrom|\bimport|\bimport\(|\bdeclare module)\s*)(["'])(\.{1,2}\/[^"']+?)\.js\2/g;

/** Writes `**\/*.d.ts` into the folder from the entries and a `.d.cts` twin of each; throws on any declaration error. */
export function emitTypes(root, folder, entries) {
  if (entries.length === 0) return;
  const configFile = join(root, 'tsconfig.json');
  const config = ts.parseJsonConfigFileContent(ts.readConfigFile(configFile, ts.sys.readFile).config, ts.sys, dirname(configFile));
  const program = ts.createProgram({
    rootNames: entries.map((entry) => join(root, entry)),
    options: {
      ...config.options,
      // Neighbours are read as published: their own dist, never their src.
      customConditions: [],
      noEmit: false,
      noCheck: true,
      declaration: true,
      declarationMap: true,
      emitDeclarationOnly: true,
      rootDir: join(root, 'src'),
      outDir: join(root, folder),
    },
  });
  const written = [];
  const { diagnostics } = program.emit(undefined, (file, text) => {
    mkdirSync(dirname(file), { recursive: true });
    ts.sys.writeFile(file, text);
    written.push(file);
  });
  const problems = [...program.getOptionsDiagnostics(), ...program.getSyntacticDiagnostics(), ...diagnostics];
  if (problems.length > 0) {
    const host = { getCurrentDirectory: () => root, getCanonicalFileName: (name) => name, getNewLine: () => '\n' };
    throw new Error(ts.formatDiagnostics(problems, host));
  }
  for (const file of written.filter((name) => name.endsWith('.d.ts'))) {
    const text = readFileSync(file, 'utf8')
      .replace(relativeSpecifier, '$1$2$3.cjs$2')
      .replace(/\n\/\/# sourceMappingURL=.*\n?$/, '\n');
    writeFileSync(file.replace(/\.d\.ts$/, '.d.cts'), text);
  }
}
