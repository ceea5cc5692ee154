import { existsSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { temporaryFolder } from '@motia/tools/testing';
import { writeApp } from './harness/app.js';
import { descendantsOf } from './harness/process-list.js';
import { runIii, startIii, type RunningEngine } from './harness/running-engine.js';

const folder = temporaryFolder('iii-command');
const restOnly = 'modules:\n  - class: modules::api::RestApiModule\n    config: { port: 0 }\n';

const writeFile = (name: string, content: string): void => writeFileSync(folder.file(name), content);

beforeAll(() => {
  writeApp(folder.path, {
    'config.yaml': restOnly,
    'broken.yaml': [
      'modules:',
      '  - class: modules::api::RestApiModul',
      '  - class: modules::api::RestApiModule',
      '    config:',
      '      prot: 3111',
      '      port: abc',
      '  - class: modules::bridge_client::BridgeClientModule',
      '  - class: modules::shell::ExecModule',
      '    config:',
      '      exec: ["${COMMAND_THAT_IS_NOT_SET}"]',
      '',
    ].join('\n'),
  });
});
afterAll(() => folder.remove());

describe('iii, used from a terminal', () => {
  it('prints version and help', async () => {
    expect(await runIii(['--version'], { cwd: folder.path })).toEqual({ code: 0, stdout: '0.1.0\n', stderr: '' });
    const help = await runIii(['--help'], { cwd: folder.path });
    expect(help.code).toBe(0);
    expect(help.stdout).toContain('iii invoke <function id>');
  });

  it('ends with 64 and the problem on wrong usage', async () => {
    const result = await runIii(['dance'], { cwd: folder.path });
    expect(result).toMatchObject({ code: 64, stdout: '' });
    expect(result.stderr).toContain('MOTIA_ENGINE_USAGE: unknown command: dance');
    expect(result.stderr).toContain('iii --help');
  });

  it('G1 stops in order when npm, which runs it, gets a signal and does not pass it on', async () => {
    const engine = await startIii({ cwd: folder.path, under: ['sh', '-c', '"$@" & wait', 'sh'], env: { npm_lifecycle_event: 'npx' } });
    engine.signal('SIGTERM');
    // Of the shell, which took the engine's output with it: that ends when the engine does.
    expect(await engine.exited).toBe('SIGTERM');
    expect(engine.logs.map(({ message }) => message)).toEqual(expect.arrayContaining(['npm has ended: stopping; once more to leave at once', 'stopped']));
  });

  it('G3 ends with 78 and a remedy when there is no config file', async () => {
    const result = await runIii(['-c', 'nowhere.yaml'], { cwd: folder.path });
    expect(result.code).toBe(78);
    expect(result.stderr).toContain('nowhere.yaml');
    expect(result.stderr).toContain('--use-default-config');
  });

  it.each([['config', 'check', '-c', 'broken.yaml'], ['-c', 'broken.yaml']])('G3 lists every problem of a broken config with file and line: iii %s', async (...args) => {
    const result = await runIii(args, { cwd: folder.path });
    expect(result).toMatchObject({ code: 78, stdout: '' });
    const lineOf = (mention: string) => result.stderr.split('\n').find((line) => line.includes(mention)) ?? `no line mentions ${mention}:\n${result.stderr}`;
    expect(lineOf('RestApiModul"')).toMatch(/broken\.yaml:2/);
    expect(lineOf('prot')).toMatch(/broken\.yaml:5/);
    expect(lineOf('port')).toMatch(/broken\.yaml:5.*port|broken\.yaml:6/);
    expect(result.stderr).toMatch(/broken\.yaml:6/);
    expect(lineOf('BridgeClientModule')).toMatch(/broken\.yaml:7/);
    expect(lineOf('COMMAND_THAT_IS_NOT_SET')).toMatch(/broken\.yaml:10/);
    expect(result.stderr).toContain('did you mean');
    expect(result.stderr).not.toMatch(/^\s+at /m);
  });

  it('checks a sound config without starting anything', async () => {
    const result = await runIii(['config', 'check'], { cwd: folder.path });
    expect(result.code).toBe(0);
    expect(result.stdout).toMatch(/no problems, (?:1 module|\d+ modules)\n/);
    expect(result.stdout).toContain('modules::api::RestApiModule');
  });

  it('prints one JSON document as the schema, also beside a broken file', async () => {
    for (const config of ['config.yaml', 'broken.yaml', 'nowhere.yaml']) {
      const result = await runIii(['config', 'schema', '-c', config], { cwd: folder.path });
      expect(result.code).toBe(0);
      expect(JSON.stringify(JSON.parse(result.stdout))).toContain('modules::shell::ExecModule');
    }
  });

  it('runs the default modules without a file', async () => {
    await using engine = await startIii({ cwd: folder.path, config: 'default', waitReady: false });
    // The default port may be in use on a developer's machine: then that is what must be said.
    const line = await engine.waitForLog('the engine to be ready, or its port to be taken', ({ message }) => message === 'iii is ready').catch(() => undefined);
    if (line === undefined) {
      expect(await engine.exited).toBe(78);
      return;
    }
    expect(JSON.stringify(line.fields)).toContain('3111');
    expect((await fetch('http://127.0.0.1:3111/healthz')).status).toBe(200);
    expect(await engine.stop()).toBe(0);
  });

  it('G3 ends with 78 and leaves nothing running when the port is taken', async () => {
    const server = createServer();
    const port = await new Promise<number>((resolve) => server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port)));
    try {
      writeFile('taken.yaml', `modules:\n  - class: modules::shell::ExecModule\n    config: { exec: ["touch started-anyway; sleep 60"] }\n  - class: modules::api::RestApiModule\n    config: { port: ${port} }\n`);
      const engine = await startIii({ cwd: folder.path, config: 'taken.yaml', waitReady: false });
      expect(await engine.exited).toBe(78);
      expect(descendantsOf(engine.pid)).toEqual([]);
      expect(existsSync(folder.file('started-anyway'))).toBe(false);
      const result = await runIii(['-c', 'taken.yaml'], { cwd: folder.path });
      expect(result.stderr).toContain('MOTIA_REST_PORT_IN_USE');
      expect(result.stderr).toContain(String(port));
      expect(result.stderr).not.toMatch(/^\s+at /m);
    } finally {
      server.close();
    }
  }, 20_000);
});

describe('iii, talking to the running engine', () => {
  let engine: RunningEngine;
  beforeAll(async () => {
    engine = await startIii({ cwd: folder.path });
  });
  afterAll(() => engine.stop());

  it('lists functions, as a table and as JSON', async () => {
    const table = await runIii(['functions', '--all'], { cwd: folder.path });
    expect(table.code).toBe(0);
    expect(table.stdout).toContain('engine::functions::list');
    const json = await runIii(['functions', '--all', '--json'], { cwd: folder.path });
    expect((JSON.parse(json.stdout) as { function_id: string }[]).map((entry) => entry.function_id)).toContain('engine::workers::list');
  });

  it('calls a function and prints only its result', async () => {
    const result = await runIii(['invoke', 'engine::health::check'], { cwd: folder.path });
    expect(result).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(result.stdout)).toMatchObject({ status: 'healthy' });
    const piped = await runIii(['invoke', 'engine::workers::list', '-'], { cwd: folder.path, stdin: '{}' });
    // A connection that only calls is no worker.
    expect(JSON.parse(piped.stdout)).toMatchObject({ workers: [] });
  });

  it('names the nearest function when there is none of that id', async () => {
    const result = await runIii(['invoke', 'engine::function::list'], { cwd: folder.path });
    expect(result.code).toBe(70);
    expect(result.stdout).toBe('');
    expect(result.stderr).toContain('MOTIA_ENGINE_FUNCTION_NOT_FOUND');
    expect(result.stderr).toContain('engine::functions::list');
  });

  it('refuses a payload that is no JSON', async () => {
    const result = await runIii(['invoke', 'engine::health::check', '{oops'], { cwd: folder.path });
    expect(result.code).toBe(64);
    expect(result.stderr).toContain('MOTIA_ENGINE_PAYLOAD_INVALID');
  });

  it('says how to start an engine when none is running', async () => {
    writeFile('idle.yaml', restOnly);
    const result = await runIii(['functions', '-c', 'idle.yaml'], { cwd: folder.path });
    expect(result.code).toBe(70);
    expect(result.stderr).toContain('MOTIA_ENGINE_NOT_RUNNING');
    expect(result.stderr).toContain('idle.yaml');
  });
});
