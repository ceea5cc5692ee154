import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { temporaryFolder } from '@motia/tools/testing';

const root = fileURLToPath(new URL('../..', import.meta.url));
const packages = ['protocol', 'engine-core', 'module-exec', 'module-rest'];

interface Finding {
  readonly rule: string;
  readonly line: number;
  readonly message: string;
}

/** A workspace with this repository's lint rules, manifests and lock file, but with nothing in src except `sources`. */
function makeWorkspace(folder: string, sources: Readonly<Record<string, string>>): void {
  for (const file of ['package.json', 'package-lock.json', 'nx.json', 'tsconfig.base.json', 'eslint.config.mjs', 'tools/lint', 'tools/workspace', 'tools/package.json']) {
    cpSync(join(root, file), join(folder, file), { recursive: true });
  }
  for (const name of packages) {
    for (const file of ['package.json', 'tsconfig.json']) cpSync(join(root, 'packages', name, file), join(folder, 'packages', name, file));
  }
  linkDependencies(folder);
  for (const [file, text] of Object.entries(sources)) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), text);
  }
}

/** Third-party packages are shared; our own must be the workspace's, for Nx follows the links to learn whose file it is. */
function linkDependencies(folder: string): void {
  mkdirSync(join(folder, 'node_modules', '@motia'), { recursive: true });
  for (const name of readdirSync(join(root, 'node_modules'))) {
    if (name !== '@motia' && name !== 'motia') symlinkSync(join(root, 'node_modules', name), join(folder, 'node_modules', name));
  }
  for (const name of packages) symlinkSync(join(folder, 'packages', name), join(folder, 'node_modules', '@motia', name));
}

/** Lints one package as its `lint` target does: after Nx has computed the project graph. */
function lint(folder: string, project: string): ReadonlyMap<string, readonly Finding[]> {
  const { NX_WORKSPACE_ROOT_PATH: _, ...inherited } = process.env;
  const env = { ...inherited, NX_DAEMON: 'false', NX_NO_CLOUD: 'true', NX_WORKSPACE_DATA_DIRECTORY: join(folder, '.nx-data') };
  const graph = spawnSync(process.execPath, [join(root, 'node_modules/nx/dist/bin/nx.js'), 'show', 'projects'], { cwd: folder, env, encoding: 'utf8' });
  expect(graph.stderr + graph.stdout).toContain('@motia/module-rest');
  const run = spawnSync(process.execPath, [join(root, 'node_modules/eslint/bin/eslint.js'), '.', '--format', 'json'], {
    cwd: join(folder, 'packages', project),
    env,
    encoding: 'utf8',
  });
  const files = JSON.parse(run.stdout || `"${run.stderr}"`) as { filePath: string; messages: { ruleId: string; line: number; message: string }[] }[];
  return new Map(
    files.map(({ filePath, messages }) => [
      filePath.slice(join(folder, 'packages', project).length + 1),
      messages.map(({ ruleId, line, message }) => ({ rule: ruleId, line, message })),
    ]),
  );
}

const byNx = '@nx/enforce-module-boundaries';
const byName = 'motia/boundary-by-name';

describe('The boundary lint', () => {
  it('reports a module that imports a module, a type-only import too, and a dependency that is not declared', async () => {
    await using folder = temporaryFolder('boundaries');
    makeWorkspace(folder.path, {
      'packages/module-rest/src/index.ts': 'export interface Route {\n  readonly path: string;\n}\nexport const routes: Route[] = [];\n',
      'packages/module-exec/src/value.ts': "import { routes } from '@motia/module-rest';\nexport const count = routes.length;\n",
      'packages/module-exec/src/only-type.ts': "import type { Route } from '@motia/module-rest';\nexport const path = (route: Route): string => route.path;\n",
      'packages/module-exec/src/subpath.ts': "export { fake } from '@motia/module-rest/testing';\n",
      'packages/module-exec/src/lazy.ts': "export const load = (): Promise<unknown> => import('@motia/module-rest');\n",
      'packages/module-exec/src/protocol.ts': "import type { Message } from '@motia/protocol';\nexport const same = (message: Message): Message => message;\n",
      'packages/module-exec/src/undeclared.ts': "import semver from 'semver';\nexport const isNew = semver.gt('2.0.0', '1.0.0');\n",
      'packages/module-exec/src/cycle-a.ts': "import { b } from './cycle-b.js';\nexport const a = (): number => b();\n",
      'packages/module-exec/src/cycle-b.ts': "import { a } from './cycle-a.js';\nexport const b = (): number => a();\n",
      'packages/module-exec/src/relative.ts': "export { routes } from '../../module-rest/src/index.js';\n",
      'packages/module-exec/src/deep.ts': "export { routes } from '@motia/engine-core/src/index.js';\n",
    });
    const findings = lint(folder.path, 'module-exec');
    const rulesOf = (file: string) => findings.get(file)?.map(({ rule }) => rule);
    expect(rulesOf('src/value.ts')).toEqual([byNx, byName]);
    expect(rulesOf('src/only-type.ts')).toEqual([byNx, byName]);
    expect(rulesOf('src/subpath.ts')).toEqual([byName]);
    expect(rulesOf('src/lazy.ts')).toEqual([byNx, byName]);
    expect(rulesOf('src/protocol.ts')).toEqual([byNx, byName]);
    expect(findings.get('package.json')).toContainEqual(
      expect.objectContaining({ rule: '@nx/dependency-checks', message: expect.stringContaining('- semver') }),
    );
    expect(rulesOf('src/cycle-a.ts')).toEqual(['import-x/no-cycle']);
    expect(rulesOf('src/relative.ts')).toContain('import-x/no-relative-packages');
    expect(rulesOf('src/deep.ts')).toContain('no-restricted-imports');
  });

  it('accepts a module that imports the core, declared', async () => {
    await using folder = temporaryFolder('boundaries');
    makeWorkspace(folder.path, {
      'packages/engine-core/src/contract/index.ts': 'export interface Clock {\n  now(): number;\n}\n',
      'packages/module-rest/src/index.ts': "import type { Clock } from '@motia/engine-core/contract';\nexport const now = (clock: Clock): number => clock.now();\n",
    });
    expect(lint(folder.path, 'module-rest').get('src/index.ts')).toEqual([]);
  });

  it('keeps enums, any, console and default exports out of sources', async () => {
    await using folder = temporaryFolder('boundaries');
    makeWorkspace(folder.path, {
      'packages/module-rest/src/index.ts': 'export {};\n',
      'packages/engine-core/src/rules.ts': [
        'export enum Colour { Red }',
        'export const widen = (value: any): void => console.log(value);',
        'export default widen;',
        "export * from './other.js';",
        'export const later = (): unknown => setTimeout(() => undefined, process.pid);',
        '',
      ].join('\n'),
      'packages/engine-core/src/other.ts': 'export const other = 1;\n',
    });
    expect(lint(folder.path, 'engine-core').get('src/rules.ts')?.map(({ rule, line }) => [line, rule])).toEqual([
      [1, 'no-restricted-syntax'],
      [2, '@typescript-eslint/no-explicit-any'],
      [2, 'no-restricted-globals'],
      [3, 'no-restricted-syntax'],
      [4, 'no-restricted-syntax'],
      [5, 'no-restricted-globals'],
      [5, 'no-restricted-globals'],
    ]);
  });
});
