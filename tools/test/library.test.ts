import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { temporaryFolder, type TemporaryFolder } from '@motia/tools/testing';
import { expectedExport } from '../build/entries.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));

interface Manifest {
  readonly exports: Readonly<Record<string, unknown>>;
  readonly bin?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly motia?: { readonly bundled: readonly string[]; readonly bundledUsesRequire?: boolean };
}

function makePackage(folder: TemporaryFolder, manifest: Manifest, sources: Readonly<Record<string, string>>): void {
  const files = {
    'package.json': JSON.stringify({ name: 'sample', version: '1.0.0', type: 'module', ...manifest }),
    'tsconfig.json': JSON.stringify({ extends: join(root, 'tsconfig.base.json'), include: ['src'] }),
    ...sources,
  };
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(folder.file(name)), { recursive: true });
    writeFileSync(folder.file(name), text);
  }
  symlinkSync(join(root, 'node_modules'), folder.file('node_modules'));
}

function build(folder: TemporaryFolder): { readonly status: number | null; readonly output: string } {
  const run = spawnSync(process.execPath, [join(root, 'tools/build/library.mjs')], { cwd: folder.path, encoding: 'utf8' });
  return { status: run.status, output: run.stdout + run.stderr };
}

function evaluate(folder: TemporaryFolder, file: string): string {
  const run = spawnSync(process.execPath, [folder.file(file)], { cwd: folder.path, encoding: 'utf8' });
  return (run.stdout + run.stderr).trim();
}

describe('The build factory', () => {
  it('builds every entry as ESM and CJS that share their state, with types for both', async () => {
    await using folder = temporaryFolder('library');
    makePackage(
      folder,
      { exports: { '.': expectedExport('index'), './more': expectedExport('more/index') }, bin: { sample: './dist/bin/sample.js' } },
      {
        'src/shared.ts': 'export const seen: string[] = [];\nexport interface Seen {\n  readonly name: string;\n}\n',
        'src/index.ts': "import { seen, type Seen } from './shared.js';\nexport const add = (entry: Seen): number => seen.push(entry.name);\nexport const here = import.meta.url;\nexport const load = (file: string): Promise<unknown> => import(file);\n",
        'src/more/index.ts': "import { seen } from '../shared.js';\nexport const all = (): readonly string[] => seen;\n",
        'src/bin/sample.ts': "#!/usr/bin/env node\nimport { add } from '../index.js';\nconsole.log(add({ name: 'bin' }));\n",
        'esm.mjs': "import { add, here, load } from './dist/index.js';\nimport { all } from './dist/more/index.js';\nadd({ name: 'a' });\nconsole.log(all().join(), here.endsWith('.js'), typeof (await load(new URL('target.mjs', import.meta.url).href)).default);\n",
        'cjs.cjs': "const { add, here, load } = require('./dist/index.cjs');\nconst { all } = require('./dist/more/index.cjs');\nadd({ name: 'a' });\nload(require('node:url').pathToFileURL(__dirname + '/target.mjs').href).then((m) => console.log(all().join(), here.endsWith('.cjs'), typeof m.default));\n",
        'target.mjs': 'await null;\nexport default () => undefined;\n',
      },
    );
    const result = build(folder);
    expect(result).toEqual({ status: 0, output: '' });
    expect(evaluate(folder, 'esm.mjs')).toBe('a true function');
    expect(evaluate(folder, 'cjs.cjs')).toBe('a true function');
    expect(evaluate(folder, 'dist/bin/sample.js')).toBe('1');
    expect(existsSync(folder.file('dist/bin/sample.cjs'))).toBe(false);
    expect(readFileSync(folder.file('dist/index.d.ts'), 'utf8')).toContain("from './shared.js'");
    expect(readFileSync(folder.file('dist/index.d.cts'), 'utf8')).toContain("from './shared.cjs'");
    expect(existsSync(folder.file('dist/shared.d.cts'))).toBe(true);
  });

  it('refuses an exports map whose conditions do not belong to the source', async () => {
    await using folder = temporaryFolder('library');
    makePackage(folder, { exports: { '.': { ...expectedExport('index'), require: expectedExport('other').require } } }, { 'src/index.ts': 'export const a = 1;\n' });
    const { status, output } = build(folder);
    expect(status).toBe(1);
    expect(output).toMatch(/exports\["\."\]: expected, in this order/);
  });

  it('refuses an entry, and a bin, without a source', async () => {
    await using folder = temporaryFolder('library');
    makePackage(folder, { exports: { '.': expectedExport('gone') }, bin: { sample: './dist/bin/gone.js' } }, {});
    const { output } = build(folder);
    expect(output).toContain('./src/gone.ts does not exist');
    expect(output).toContain('bin "sample"');
  });

  it('bundles what `motia.bundled` names, with its licence, and lets bundled CommonJS ask for what Node brings', async () => {
    await using folder = temporaryFolder('library');
    makePackage(
      folder,
      { exports: { '.': expectedExport('index') }, dependencies: { picocolors: '*' }, motia: { bundled: ['picocolors'], bundledUsesRequire: true } },
      {
        'src/index.ts': "import pico from 'picocolors';\nimport asks from './asks.cjs';\nexport const red: unknown = typeof pico.red;\nexport const asked: unknown = asks;\n",
        'src/asks.cjs': "module.exports = require('node:path').sep;\n",
        'src/asks.d.cts': 'declare const asks: string;\nexport = asks;\n',
        'esm.mjs': "import { red, asked } from './dist/index.js';\nconsole.log(red, asked);\n",
        'cjs.cjs': "const { red, asked } = require('./dist/index.cjs');\nconsole.log(red, asked);\n",
      },
    );
    expect(build(folder)).toEqual({ status: 0, output: '' });
    for (const file of ['esm.mjs', 'cjs.cjs']) expect(evaluate(folder, file)).toBe('function /');
    expect(readFileSync(folder.file('dist/index.js'), 'utf8')).not.toMatch(/from ["']picocolors/);
    expect(readFileSync(folder.file('dist/licenses.txt'), 'utf8')).toMatch(/^picocolors [\d.]+ \(ISC\)\n\n[^]*copyright/i);
  });

  it('takes the schema builder from engine-core', async () => {
    await using folder = temporaryFolder('library');
    makePackage(folder, { exports: { '.': expectedExport('index') }, dependencies: { '@sinclair/typebox': '*' } }, { 'src/index.ts': "import { Type } from '@sinclair/typebox';\nexport const text: unknown = Type.String();\n" });
    expect(build(folder)).toEqual({ status: 0, output: '' });
    for (const file of ['dist/index.js', 'dist/index.cjs']) expect(readFileSync(folder.file(file), 'utf8')).toMatch(/(?:from |require\()"@motia\/engine-core\/typebox"/);
  });

  it('refuses to copy a dependency that package.json does not declare', async () => {
    await using folder = temporaryFolder('library');
    makePackage(folder, { exports: { '.': expectedExport('index') } }, { 'src/index.ts': "import pico from 'picocolors';\nexport const red: unknown = pico.red;\n" });
    const { status, output } = build(folder);
    expect(status).toBe(1);
    expect(output).toMatch(/bundled, so declare it in dependencies.*picocolors/);
  });
});
