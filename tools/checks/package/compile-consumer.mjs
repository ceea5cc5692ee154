import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

/** Compiles an ESM and a CJS consumer against the installed types, our own declaration files included. */
export function typeFaults(root, folder, entries) {
  const imports = entries.map((entry, index) => `import * as entry${index} from '${entry}';`).join('\n');
  const uses = `export const entries: readonly object[] = [${entries.map((_, index) => `entry${index}`).join(', ')}];\n`;
  const files = ['consumer.mts', 'consumer.cts'].map((name) => {
    writeFileSync(join(folder, name), `${imports}\n${uses}`);
    return join(folder, name);
  });
  const program = ts.createProgram({
    rootNames: files,
    options: {
      target: ts.ScriptTarget.ES2022,
      lib: ['lib.es2023.d.ts', 'lib.esnext.disposable.d.ts'],
      module: ts.ModuleKind.NodeNext,
      moduleResolution: ts.ModuleResolutionKind.NodeNext,
      strict: true,
      exactOptionalPropertyTypes: true,
      noEmit: true,
      skipLibCheck: false,
      types: ['node'],
      typeRoots: [join(root, 'node_modules', '@types')],
    },
  });
  // Faults inside other people's declarations are not ours to fix.
  const isOurs = (file) => file === undefined || !file.fileName.includes('/node_modules/') || /\/node_modules\/(@motia\/[^/]+|motia)\//.test(file.fileName);
  const host = { getCurrentDirectory: () => folder, getCanonicalFileName: (name) => name, getNewLine: () => '\n' };
  const problems = ts.getPreEmitDiagnostics(program).filter(({ file }) => isOurs(file));
  return problems.length === 0 ? [] : [`types:\n${ts.formatDiagnostics(problems, host)}`];
}
