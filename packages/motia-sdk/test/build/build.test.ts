import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { build } from '../../src/build/index.js';
import { appFolder } from './app-folder.js';

const hello = "export const config = { name: 'hello' };\nexport const handler = async () => ({ status: 200 });\n";

describe('build in development', () => {
  it('bundles steps, streams and the config of an app; each arrives as its own module with its path', async () => {
    await using app = appFolder();
    app.write({
      'steps/hello.step.ts': hello,
      'src/deep/other.step.js': "export default 'other';",
      'streams/chat.stream.ts': "export const config = { name: 'chat' } as const;",
      'motia.config.ts': 'export const authenticateStream = (): boolean => true;',
    });
    const built = await build({ cwd: app.path });
    expect(built).toMatchObject({ entry: app.file('dist/index-dev.js'), stepFiles: ['src/deep/other.step.js', 'steps/hello.step.ts'], streamFiles: ['streams/chat.stream.ts'], broken: [], warnings: [] });
    expect(await app.run(built.entry)).toEqual({
      mode: 'development',
      steps: [
        { filePath: 'src/deep/other.step.js', exports: { default: 'other' } },
        { filePath: 'steps/hello.step.ts', exports: { config: { name: 'hello' }, handler: 'handler' } },
      ],
      streams: [{ filePath: 'streams/chat.stream.ts', exports: { config: { name: 'chat' } } }],
      config: { filePath: 'motia.config.ts', exports: { authenticateStream: 'authenticateStream' } },
    });
  });

  it('leaves out files that do not compile, says where and why, and serves the others', async () => {
    await using app = appFolder();
    app.write({
      'steps/hello.step.ts': hello,
      'steps/syntax.step.ts': 'export const a = 1;\nexport const const = 2;\n',
      'steps/package.step.ts': "import pg from '@scope/not-there/deep';\nexport { pg };\n",
      'steps/shared.step.ts': "export * from '../lib/broken.js';\n",
      'lib/broken.ts': 'export const x = ;\n',
      'streams/s.stream.ts': "import './nope.js';\n",
    });
    const built = await build({ cwd: app.path });
    const broken = new Map(built.broken.map(({ filePath, problems }) => [filePath, problems]));
    expect([...broken.keys()].sort()).toEqual(['steps/package.step.ts', 'steps/shared.step.ts', 'steps/syntax.step.ts', 'streams/s.stream.ts']);
    expect(broken.get('steps/syntax.step.ts')).toEqual([{ file: 'steps/syntax.step.ts', line: 2, column: 14, cause: 'Expected identifier but found "const"', lineText: 'export const const = 2;' }]);
    expect(broken.get('steps/package.step.ts')).toMatchObject([{ file: 'steps/package.step.ts', line: 1, cause: 'Could not resolve "@scope/not-there/deep". If it is a package: npm i @scope/not-there' }]);
    expect(broken.get('steps/shared.step.ts')).toMatchObject([{ file: 'lib/broken.ts', line: 1, cause: 'Unexpected ";"' }]);
    expect(broken.get('streams/s.stream.ts')).toMatchObject([{ file: 'streams/s.stream.ts', line: 1, cause: 'Could not resolve "./nope.js"' }]);
    const report = await app.run(built.entry);
    expect(report.steps.map((step) => [step.filePath, step.exports !== undefined, step.problems?.length ?? 0])).toEqual([
      ['steps/hello.step.ts', true, 0],
      ['steps/package.step.ts', false, 1],
      ['steps/shared.step.ts', false, 1],
      ['steps/syntax.step.ts', false, 1],
    ]);
  });

  it('fails on any problem when told not to tolerate broken files, and writes nothing', async () => {
    await using app = appFolder();
    app.write({ 'steps/hello.step.ts': hello, 'steps/bad.step.ts': 'const const' });
    await expect(build({ cwd: app.path, toleratesBrokenFiles: false })).rejects.toMatchObject({ code: 'MOTIA_SDK_BUILD_FAILED', details: { problems: [{ file: 'steps/bad.step.ts', line: 1 }] } });
    expect(existsSync(app.file('dist'))).toBe(false);
  });

  it('fails when motia.config does not compile: it holds the safeguards of the app', async () => {
    await using app = appFolder();
    app.write({ 'steps/hello.step.ts': hello, 'motia.config.ts': 'export const x = ;' });
    await expect(build({ cwd: app.path })).rejects.toMatchObject({ code: 'MOTIA_SDK_BUILD_FAILED', message: expect.stringContaining('motia.config.ts:1:18: Unexpected ";"') });
  });

  it('keeps one file that fails to load from stopping the others, a link error included', async () => {
    await using app = appFolder();
    app.write({
      'steps/hello.step.ts': hello,
      'steps/link.step.ts': "import { nope } from 'node:fs';\nexport const config = { nope };\n",
      'steps/throws.step.ts': "throw new Error('boom');\n",
    });
    const report = await app.run((await build({ cwd: app.path })).entry);
    expect(report.steps).toEqual([
      { filePath: 'steps/hello.step.ts', exports: expect.anything() },
      { filePath: 'steps/link.step.ts', error: expect.stringContaining("does not provide an export named 'nope'") },
      { filePath: 'steps/throws.step.ts', error: 'boom' },
    ]);
  });

  it('gives an app without any file a bundle too, for the first file to come', async () => {
    await using app = appFolder();
    expect((await app.run((await build({ cwd: app.path })).entry)).steps).toEqual([]);
  });
});

describe('build in production', () => {
  it('writes one minified file with a source map, names kept', async () => {
    await using app = appFolder();
    app.write({ 'steps/hello.step.ts': `${hello}export const longName = function longFunctionName() { return 'longer'; };\n` });
    const built = await build({ cwd: app.path, mode: 'production' });
    expect(built.entry).toBe(app.file('dist/index-production.js'));
    const files = readdirSync(app.file('dist/production')).filter((name) => name !== 'builds.json');
    expect(files.map((name) => name.replace(/[A-Z0-9]{8}/, 'HASH')).sort()).toEqual(['app-HASH.js', 'app-HASH.js.map']);
    expect(readFileSync(app.file('dist/production', files.find((name) => name.endsWith('.js'))!), 'utf8').trimEnd().split('\n')).toHaveLength(2);
    expect(await app.run(built.entry)).toMatchObject({ mode: 'production', steps: [{ exports: { handler: 'handler', longName: 'longFunctionName' } }] });
  });

  it('fails on any broken file, listing every problem of every file', async () => {
    await using app = appFolder();
    app.write({ 'steps/a.step.ts': 'const const', 'steps/b.step.ts': "import 'not-there';", 'steps/hello.step.ts': hello });
    const failure = build({ cwd: app.path, mode: 'production' });
    await expect(failure).rejects.toMatchObject({ code: 'MOTIA_SDK_BUILD_FAILED' });
    const { message } = (await failure.catch((error: unknown) => error)) as Error;
    expect(message).toContain('steps/a.step.ts:1:7: Expected identifier but found "const"');
    expect(message).toContain('steps/b.step.ts:1:8: Could not resolve "not-there"');
    expect(existsSync(app.file('dist'))).toBe(false);
  });

  it('refuses a folder without step files', async () => {
    await using app = appFolder();
    await expect(build({ cwd: app.path, mode: 'production' })).rejects.toMatchObject({ code: 'MOTIA_SDK_NO_STEPS', message: expect.stringContaining(app.path) });
  });

  it('writes to another folder when told to', async () => {
    await using app = appFolder();
    app.write({ 'steps/hello.step.ts': hello });
    const built = await build({ cwd: app.path, mode: 'production', outDir: 'out/nested' });
    expect(built.entry).toBe(app.file('out/nested/index-production.js'));
    expect((await app.run(built.entry)).steps).toHaveLength(1);
  });
});

describe.each(['development', 'production'] as const)('build in %s', (mode) => {
  const names = async (app: ReturnType<typeof appFolder>): Promise<unknown> => (await app.run((await build({ cwd: app.path, mode })).entry)).steps.map((step) => step.exports?.['names'] ?? (step.exports?.['default'] as { names: unknown } | undefined)?.names ?? step.error);

  it('leaves packages outside and bundles the app, through aliases of tsconfig too, even such as look like packages', async () => {
    await using app = appFolder();
    app.write({
      'tsconfig.base.json': '{ // with a comment\n "compilerOptions": { "paths": { "@/*": ["./src/*"], "db": ["./src/db.ts"], "lib/*": ["./src/lib/*"] } } }',
      'tsconfig.json': '{ "extends": "./tsconfig.base.json" }',
      'package.json': '{ "type": "module", "imports": { "#own/*": "./src/*.ts" } }',
      'src/db.ts': "export const name = 'db alias';",
      'src/at.ts': "export const name = '@ alias';",
      'src/lib/x.ts': "export const name = 'lib alias';",
      'src/own.ts': "export const name = '# import';",
      'node_modules/lib/package.json': '{ "name": "lib", "main": "index.js" }',
      'node_modules/lib/index.js': "exports.name = 'package lib';",
      'node_modules/esm-only/package.json': '{ "type": "module", "exports": { "./sub": { "import": "./sub.js" } } }',
      'node_modules/esm-only/sub.js': "export const name = 'package subpath';",
      'steps/a.step.ts': `
        import { name as a } from '@/at';
        import { name as b } from 'db';
        import { name as c } from 'lib/x';
        import { name as d } from '#own/own';
        import lib from 'lib';
        import { name as e } from 'esm-only/sub';
        import type { Gone } from 'types-only';
        export const names: readonly (string | Gone)[] = [a, b, c, d, lib.name, e];
      `,
    });
    expect(await names(app)).toEqual([['@ alias', 'db alias', 'lib alias', '# import', 'package lib', 'package subpath']]);
    const bundle = readdirSync(app.file('dist', mode === 'development' ? 'dev' : mode)).filter((name) => name.endsWith('.js'));
    const text = bundle.map((name) => readFileSync(app.file('dist', mode === 'development' ? 'dev' : mode, name), 'utf8')).join('\n');
    expect(text).not.toContain('package lib');
    expect(text).not.toContain('package subpath');
  });

  it('bundles CommonJS step files and modules, which can require packages and builtins', async () => {
    await using app = appFolder();
    app.write({
      'node_modules/lib/package.json': '{ "name": "lib", "main": "index.js" }',
      'node_modules/lib/index.js': "exports.name = 'package';",
      'steps/a.step.cjs': "const { name } = require('lib');\nconst { other } = require('../src/other.cjs');\nexports.names = [name, other, typeof require('fs').readFileSync];",
      'src/other.cjs': "exports.other = 'other';",
      'steps/b.step.ts': "import { createRequire } from 'node:module';\nconst require = createRequire(import.meta.url);\nexport const names = [require('lib').name];",
    });
    expect(await names(app)).toEqual([['package', 'other', 'function'], ['package']]);
  });

  it.each(['commonjs', undefined] as const)('runs in an app whose package.json says "type": %s', async (type) => {
    await using app = appFolder(type);
    app.write({ 'steps/a.step.ts': "export const names = ['a'];" });
    expect(await names(app)).toEqual([['a']]);
  });

  it('allows await at the top level of a step file', async () => {
    await using app = appFolder();
    app.write({ 'steps/a.step.ts': "export const names = [await Promise.resolve('later')];" });
    expect(await names(app)).toEqual([['later']]);
  });

  it('leaves imports named as external outside', async () => {
    await using app = appFolder();
    app.write({ 'steps/a.step.ts': "export const names = await import('optional').then(() => ['there'], (error) => [error.code]);" });
    expect(await app.run((await build({ cwd: app.path, mode, external: ['optional'] })).entry)).toMatchObject({ steps: [{ exports: { names: ['ERR_MODULE_NOT_FOUND'] } }] });
  });
});

describe('Builds at the same time', () => {
  it('of one folder, as replicas make them, all succeed and leave one whole bundle', async () => {
    await using app = appFolder();
    app.write({ 'steps/hello.step.ts': hello, 'src/a.step.ts': "import { x } from './x.js';\nexport const names = [x];\n", 'src/x.ts': 'export const x = 1;\n' });
    const built = await Promise.all(Array.from({ length: 4 }, () => build({ cwd: app.path })));
    expect((await app.run(built[0]!.entry)).steps).toHaveLength(2);
    expect(readdirSync(app.file('dist/dev')).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });
});
