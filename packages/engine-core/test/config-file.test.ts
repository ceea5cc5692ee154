import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from '@jest/globals';
import { temporaryFolder } from '@motia/tools/testing';
import { configSchema, createEngine, formatConfigProblem, standardClasses, type ConfigProblem, type Engine, type EngineOptions } from '../src/index.js';
import { isMotiaError } from '../src/contract/index.js';
import { memoryLogger } from '../src/testing/index.js';
import { recorder } from './fixtures/plugins/recorder.js';

const folder = temporaryFolder('config');
afterAll(() => folder.remove());

const events: string[] = [];
beforeEach(() => void (events.length = 0));
const Web = { ...recorder(events)('web'), class: 'test::WebModule', supersededKeys: { threads: 'nothing: one process is enough' } };

function write(path: string, text: string): string {
  const file = folder.file(path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  return file;
}
const load = (text: string, options: EngineOptions = {}): Promise<Engine> =>
  createEngine({ config: write('config.yaml', text), definitions: [Web], environment: {}, logger: memoryLogger(), ...options });

async function problemsOf(loading: Promise<Engine>): Promise<readonly ConfigProblem[]> {
  try {
    await (await loading).stop();
  } catch (error) {
    if (isMotiaError(error, 'MOTIA_ENGINE_CONFIG_INVALID')) return (error.details as { problems: ConfigProblem[] }).problems;
    throw error;
  }
  throw new Error('the configuration was accepted');
}

/** A module as a stranger writes it, without any import. */
const plainModule = (classPath: string, contract = 1): string =>
  `{ kind: 'module', name: '@acme/${classPath.split('::').at(-1)}', version: '1.0.0', contract: ${contract}, class: '${classPath}', options: { jsonSchema: {}, parse: (input) => input ?? {} }, create: async () => ({ services: {} }) }`;
function writePackage(name: string, source: string, manifest: Record<string, unknown> = { type: 'module', exports: { import: './index.js' } }): void {
  write(`node_modules/${name}/package.json`, JSON.stringify({ name, version: '1.0.0', ...manifest }));
  write(`node_modules/${name}/index.js`, source);
}

describe('config.yaml', () => {
  it('runs the modules it names, with variables put in', async () => {
    await using engine = await load('modules:\n  - class: test::WebModule\n    config:\n      port: ${WEB_PORT:1234}\n', { environment: { WEB_PORT: '4321' } });
    await engine.start();
    expect(events).toEqual(['create web', 'start web']);
    expect(engine.modules()).toEqual([{ id: 'web', name: '@test/module-web', version: '1.0.0', class: 'test::WebModule' }]);
  });

  it('G3 lists every problem of the file at once, with file, line, column and what was meant', async () => {
    const problems = await problemsOf(
      load(
        [
          'prot: 1', 'packages: []', 'modules:', '  - class: test::WebModule', '    config:', '      port: abc', '      prot: 1',
          '  - class: test::WebModul', '  - class: modules::bridge_client::BridgeClientModule', '  - clas: test::WebModule', '  - class: test::WebModule', '    config:', '      port: ${NOPE}',
        ].join('\n'),
      ),
    );
    expect(problems.map(formatConfigProblem)).toEqual([
      'config.yaml:1:1 /prot: unknown key (did you mean "port"?)',
      'config.yaml:6:7 /modules/0/config/port: must be a whole number, got text',
      'config.yaml:7:7 /modules/0/config/prot: unknown key (did you mean "port"?)',
      'config.yaml:8:5 /modules/1/class: unknown class test::WebModul; no module of that class path is known (did you mean "test::WebModule"?)',
      'config.yaml:9:5 /modules/2/class: modules::bridge_client::BridgeClientModule is known and not built yet: no version of @motia/module-bridge exists so far',
      'config.yaml:10:5 /modules/3/class: is required',
      'config.yaml:10:5 /modules/3/clas: unknown key (did you mean "class"?)',
      'config.yaml:13:13 /modules/4/config/port: the environment variable NOPE is not set and has no fallback (${NOPE:fallback})',
    ]);
    expect(events).toEqual([]);
  });

  it('shows a screen of problems and counts the rest', async () => {
    const error = await load(`modules: []\n${Array.from({ length: 60 }, (_, n) => `key${n}: 1\n`).join('')}`).then(() => undefined, (thrown: unknown) => thrown as Error & { details: { problems: unknown[] } });
    expect(error?.message).toContain('has 60 problems');
    expect(error?.message.trim().split('\n')).toHaveLength(52);
    expect(error?.message).toMatch(/and 10 more$/);
    expect(error?.details.problems).toHaveLength(60);
  });

  it('G3 names the install line for a standard class whose package is missing', async () => {
    const importPackage = (specifier: string): Promise<unknown> => Promise.reject(Object.assign(new Error(`Cannot find package '${specifier}' imported from here`), { code: 'ERR_MODULE_NOT_FOUND' }));
    expect((await problemsOf(load('modules: [{ class: "modules::api::RestApiModule" }]', { importPackage }))).map(formatConfigProblem)).toEqual([
      'config.yaml:1:13 /modules/0/class: modules::api::RestApiModule needs the package @motia/module-rest, which is not installed; try: npm i @motia/module-rest',
    ]);
    const [near] = await problemsOf(load('modules: [{ class: "modules::rest::RestApiModule" }]', { importPackage }));
    expect(near).toMatchObject({ suggestion: 'modules::api::RestApiModule', command: 'npm i @motia/module-rest' });
  });

  it('G3 suggests the nearest class alone, without an install line when its package is there', async () => {
    const Rest = { ...Web, name: '@motia/module-rest', class: 'modules::api::RestApiModule' };
    const problems = await problemsOf(load('modules: [{ class: "modules::api::RestApiModul" }]', { importPackage: () => Promise.resolve({ default: Rest }) }));
    expect(problems.map(formatConfigProblem)).toEqual([
      'config.yaml:1:13 /modules/0/class: unknown class modules::api::RestApiModul; no module of that class path is known (did you mean "modules::api::RestApiModule"?)',
    ]);
  });

  it('G3 suggests no class that nobody has built yet, unless its very name was meant', async () => {
    const importPackage = (): Promise<unknown> => Promise.resolve({ default: Web });
    const suggestionFor = async (name: string): Promise<unknown> => (await problemsOf(load(`modules: [{ class: "${name}" }]`, { importPackage })))[0]?.suggestion;
    expect(await suggestionFor('modules::bridge::ClientModule')).not.toBe('modules::bridge_client::BridgeClientModule');
    expect(await suggestionFor('modules::bridge_client::BridgeClientModul')).toBe('modules::bridge_client::BridgeClientModule');
  });

  it('G3 refuses a second module that offers the same trigger type, before anything is created', async () => {
    const Http = { ...Web, triggerTypes: ['http'] };
    const Other = { ...Http, class: 'test::OtherModule' };
    const text = 'modules:\n  - class: test::WebModule\n  - class: test::OtherModule\n';
    expect((await problemsOf(load(text, { definitions: [Http, Other] }))).map(formatConfigProblem)).toEqual([
      'config.yaml:3:5 /modules/1/class: offers the trigger type "http", which test::WebModule offers already; an engine has one module for each',
    ]);
    expect(events).toEqual([]);
  });

  it('tells a package that is missing from one that fails to load', async () => {
    const broken = (): Promise<unknown> => Promise.reject(Object.assign(new Error("Cannot find package 'express' imported from there"), { code: 'ERR_MODULE_NOT_FOUND' }));
    const [problem] = await problemsOf(load('modules: [{ class: "modules::api::RestApiModule" }]', { importPackage: broken }));
    expect(problem?.problem).toBe("The package @motia/module-rest cannot be loaded: Cannot find package 'express' imported from there.");
  });

  it('loads a standard package only when it is named, and asks the host for it first', async () => {
    const asked: string[] = [];
    const importPackage = (specifier: string): Promise<unknown> => {
      asked.push(specifier);
      return Promise.resolve({ default: { ...Web, class: 'modules::shell::ExecModule' } });
    };
    await (await load('modules: [{ class: "test::WebModule" }]', { importPackage })).stop();
    expect(asked).toEqual([]);
    await (await load('modules: [{ class: "modules::shell::ExecModule" }]', { importPackage })).stop();
    expect(asked).toEqual(['@motia/module-exec']);
  });

  it('takes modules from packages beside the file: ESM, CommonJS, plain files and symbolic links', async () => {
    writePackage('@acme/esm', `export default ${plainModule('acme::Esm')}; export const Second = ${plainModule('acme::Second')};`);
    writePackage('@acme/cjs', `module.exports = { Cjs: ${plainModule('acme::Cjs')} };`, { main: 'index.js' });
    write('elsewhere/package.json', '{ "type": "module", "exports": { ".": { "types": "./none.d.ts", "import": { "default": "./lib.js" } } } }');
    write('elsewhere/lib.js', `export const Linked = ${plainModule('acme::Linked')};`);
    symlinkSync(folder.file('elsewhere'), folder.file('node_modules/linked'));
    write('local/own-module.mjs', `export const Own = ${plainModule('acme::Own')};`);
    const text = 'packages: ["@acme/esm", "@acme/cjs", linked, ./local/own-module.mjs]\nmodules:\n' + ['Esm', 'Second', 'Cjs', 'Linked', 'Own'].map((name) => `  - class: acme::${name}\n`).join('');
    await using engine = await load(text);
    await engine.start();
    expect(engine.modules().map((module) => module.class)).toEqual(['acme::Esm', 'acme::Second', 'acme::Cjs', 'acme::Linked', 'acme::Own']);
  });

  it('G3 reports packages that are missing, hold no module, or were written for another contract', async () => {
    writePackage('nothing', 'export const answer = 42;');
    writePackage('future', `export default ${plainModule('acme::Future', 9)};`);
    writePackage('throws', 'throw new Error("no luck today");');
    const problems = await problemsOf(load('packages: [missing-package, nothing, future, throws, ./not-there.js]\nmodules: []'));
    expect(problems.map(({ pointer, problem, command }) => [pointer, problem, command])).toEqual([
      ['/packages/0', 'the package missing-package is not installed', 'npm i missing-package'],
      ['/packages/1', 'nothing does not export a usable definition: no export is made by defineModule or defineAdapter.', undefined],
      ['/packages/2', '@acme/Future@1.0.0 is written for plugin contract 9; this engine speaks contract 1.', undefined],
      ['/packages/3', 'The package throws cannot be loaded: no luck today.', undefined],
      ['/packages/4', 'there is no file ./not-there.js', undefined],
    ]);
  });

  it('gives superseded keys one notice each and no effect', async () => {
    const logger = memoryLogger();
    const text = 'modules:\n  - class: test::WebModule\n    config:\n      port: 1\n      threads: 8\n';
    await using engine = await load(text, { logger });
    expect(engine.notices).toEqual([{ source: 'config.yaml', line: 5, pointer: '/modules/0/config/threads', message: 'threads has no effect any more; what replaces it: nothing: one process is enough' }]);
    await engine.start();
    expect(logger.messages('info').filter((message) => message.includes('threads'))).toHaveLength(1);
    const standard = { ...Web, class: 'modules::state::StateModule' };
    await using other = await load('modules:\n  - class: modules::state::StateModule\n    config: { save_interval_ms: 5000, channel_size: 256 }\n', { definitions: [standard] });
    expect(other.notices.map(({ pointer }) => pointer)).toEqual(['/modules/0/config/save_interval_ms', '/modules/0/config/channel_size']);
    expect(await problemsOf(load('modules:\n  - class: test::WebModule\n    config: { save_interval_ms: 5000 }\n'))).toHaveLength(1);
  });

  it('gives the top-level port to the worker module, listed or not', async () => {
    const Worker = { ...Web, class: 'modules::worker::WorkerModule' };
    const seen: unknown[] = [];
    const definitions = [{ ...Worker, create: (ctx: never, options: never) => (seen.push(options), Worker.create(ctx, options)) }];
    await using unlisted = await load('port: 3134\nmodules: []', { definitions });
    await using listed = await load('port: 3134\nmodules: [{ class: "modules::worker::WorkerModule" }]', { definitions });
    await using own = await load('port: 3134\nmodules: [{ class: "modules::worker::WorkerModule", config: { port: 3135 } }]', { definitions });
    for (const engine of [unlisted, listed, own]) await engine.start();
    expect(seen).toEqual([expect.objectContaining({ port: 3134 }), expect.objectContaining({ port: 3134 }), expect.objectContaining({ port: 3135 })]);
    expect([unlisted, listed].flatMap(({ notices }) => notices)).toEqual([]);
    expect(own.notices).toEqual([expect.objectContaining({ pointer: '/port', line: 1, message: expect.stringContaining('port has no effect') })]);
    expect(await problemsOf(load('port: 99999\nmodules: []'))).toEqual([expect.objectContaining({ pointer: '/port', problem: 'must be at most 65535' })]);
  });

  it('accepts the usage reporting of the reference and sends nothing', async () => {
    await using engine = await load('modules: [{ class: "modules::telemetry::TelemetryModule", config: { enabled: true } }]');
    await engine.start();
    expect(engine.modules()).toEqual([]);
    expect(engine.notices).toEqual([expect.objectContaining({ message: expect.stringContaining('sends no usage data') })]);
  });

  it('points from the list of the newer reference to the one that is read here', async () => {
    expect((await problemsOf(load('workers:\n  - name: iii-http\n'))).map(formatConfigProblem)).toEqual([
      'config.yaml:1:1 /modules: is required',
      'config.yaml:1:1 /workers: unknown key; modules are listed here as `modules: [{ class, config }]` (did you mean "modules"?)',
    ]);
  });

  it('refuses an adapter where a module belongs, and a class path that is none', async () => {
    const problems = await problemsOf(load('modules:\n  - class: modules::queue::RedisAdapter\n  - class: rest\n  - class: a..b\n'));
    expect(problems.map(({ problem }) => problem)).toEqual([
      'modules::queue::RedisAdapter is an adapter, and a module belongs here',
      expect.stringContaining('must be names joined by "::"'),
      expect.stringContaining('the class path'),
    ]);
  });

  it('G3 refuses a file that is missing, a folder, too large, or not text, each with its own code', async () => {
    const codeOf = (config: string): Promise<unknown> => createEngine({ config, environment: {} }).then(() => undefined, (error: { code: string }) => error.code);
    const binary = folder.file('binary.yaml');
    writeFileSync(binary, Buffer.from([0x61, 0xff, 0xfe]));
    expect(await codeOf(folder.file('nowhere.yaml'))).toBe('MOTIA_ENGINE_CONFIG_NOT_FOUND');
    expect(await codeOf(folder.path)).toBe('MOTIA_ENGINE_CONFIG_UNREADABLE');
    expect(await codeOf(write('large.yaml', `modules: [] # ${'x'.repeat(262_144)}`))).toBe('MOTIA_ENGINE_CONFIG_UNREADABLE');
    expect(await codeOf(binary)).toBe('MOTIA_ENGINE_CONFIG_UNREADABLE');
    expect(await problemsOf(load(''))).toEqual([expect.objectContaining({ problem: 'is empty; it needs at least modules:' })]);
    expect(await problemsOf(load('just text'))).toEqual([expect.objectContaining({ problem: 'must be a map of keys, got text' })]);
  });

  it('never shows the value of a variable in a problem', async () => {
    const problems = await problemsOf(load('modules:\n  - class: test::WebModule\n    config: { port: "${SECRET}" }\n', { environment: { SECRET: 'hunter2' } }));
    expect(JSON.stringify(problems)).not.toContain('hunter2');
    expect(problems).toHaveLength(1);
  });

  it('may come as an object, taken as it is', async () => {
    await using engine = await createEngine({ config: { modules: [{ class: 'test::WebModule', config: { port: 5 } }] }, definitions: [Web], logger: memoryLogger() });
    expect(engine.modules()).toHaveLength(1);
    expect(await problemsOf(createEngine({ config: { modules: [{ class: 'test::WebModule', config: { port: '${P:1}' } }] }, definitions: [Web] }))).toEqual([
      { source: 'config', pointer: '/modules/0/config/port', problem: 'must be a whole number, got text' },
    ]);
  });

  it('resolves paths from its own folder', async () => {
    let baseDir: string | undefined;
    const definition = { ...recorder([])('dir', { onCreate: (context) => void (baseDir = context.baseDir) }), class: 'test::Dir' };
    await using engine = await load('modules:\n  - class: test::Dir\n', { definitions: [definition] });
    await engine.start();
    expect(baseDir).toBe(folder.path);
  });
});

describe('configSchema', () => {
  it('describes the whole file, with a variable allowed where a number stands', () => {
    const schema = JSON.parse(JSON.stringify(configSchema([Web]))) as { properties: { modules: { items: { allOf: unknown[] } } } };
    expect(schema).toMatchObject({ type: 'object', additionalProperties: false, properties: { port: {}, packages: {}, modules: { type: 'array' } } });
    expect(schema.properties.modules.items.allOf[0]).toMatchObject({
      if: { properties: { class: { const: 'test::WebModule' } } },
      then: { properties: { config: { anyOf: [{ additionalProperties: false, properties: { port: { default: 0, anyOf: [{ type: 'integer' }, { type: 'string' }] } } }, { type: 'null' }] } } },
    });
  });

  it('agrees with itself: what the engine accepts passes, what it refuses does not', async () => {
    const { Ajv } = await import('ajv');
    const validate = new Ajv({ strict: false }).compile(configSchema([Web]));
    const entry = (config: unknown): unknown => ({ modules: [{ class: 'test::WebModule', config }] });
    expect([validate(entry({ port: 1 })), validate(entry({ port: '${P:1}' })), validate(entry(null)), validate(entry({}))]).toEqual([true, true, true, true]);
    expect([validate(entry({ port: 'abc' })), validate(entry({ prot: 1 })), validate({ modules: [], prot: 1 }), validate({})]).toEqual([false, false, false, false]);
  });
});

describe('the table of standard classes', () => {
  it('holds every class path of the reference', () => {
    for (const name of ['modules::api::RestApiModule', 'modules::bridge_client::BridgeClientModule', 'modules::queue::BuiltinQueueAdapter', 'modules::cron::RedisCronAdapter', 'modules::state::adapters::Bridge']) {
      expect(standardClasses.has(name)).toBe(true);
    }
  });
});
