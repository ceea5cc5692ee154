import { mkdirSync, readdirSync, readFileSync, readlinkSync, renameSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { describe, expect, it, jest } from '@jest/globals';
import { freePort, type TemporaryFolder } from '@motia/tools/testing';
import { installedApp, isRunning, runCommand, until } from './scripted-engine.js';

// Each test starts several processes, on machines that may be busy.
jest.setTimeout(30_000);

function motia(app: TemporaryFolder, args: readonly string[], env: NodeJS.ProcessEnv = {}): { readonly status: number | null; readonly stdout: string; readonly stderr: string } {
  const { III_ENGINE_PID: _pid, III_IPC_FDS: _fds, ...clean } = process.env;
  return spawnSync(app.file('node_modules/.bin/motia'), args, { cwd: app.path, encoding: 'utf8', env: { ...clean, ...env } });
}
/** Whether this very process holds the socket that listens on a port. */
function isListening(pid: number, port: number): boolean {
  const address = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const inode = readFileSync('/proc/net/tcp', 'utf8').split('\n').map((line) => line.trim().split(/\s+/)).find((fields) => fields[1]?.endsWith(address) && fields[3] === '0A')?.[9];
  const open = readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`));
  return inode !== undefined && open.includes(`socket:[${inode}]`);
}
const underEngine = { III_ENGINE_PID: String(process.pid) };

/** What the commands before this one in an `exec` list would have built. */
function prepare(app: TemporaryFolder, command: string): void {
  if (command.includes('dist/index-dev')) expect(motia(app, ['dev'], { ...underEngine, MOTIA_EXEC_LAST: '0' })).toMatchObject({ status: 0 });
  if (/start|production/.test(command)) expect(motia(app, ['build'])).toMatchObject({ status: 0 });
}

/** Every way in which a configuration may start the user's process. */
const commands = [
  ['motia dev', 'motia dev'],
  ['npx motia dev', 'npx --no-install motia dev'],
  ['npm run dev, whose banner goes to stdout', 'npm run dev'],
  ['a shell in between', 'sh -c "motia dev; exit $?"'],
  ['node dist/index-dev.js after a build', 'node dist/index-dev.js'],
  ['motia start after a build', 'motia start'],
  ['node dist/index-production.js after a build', 'node dist/index-production.js'],
] as const;

describe.each(commands)('A process started by %s', (_title, command) => {
  it('E5 answers every call correctly while handlers print in every way, and all of the output arrives', async () => {
    await using app = installedApp();
    prepare(app, command);
    await using engine = runCommand(command, { cwd: app.path });
    await engine.ready;

    const noisy = Array.from({ length: 5 }, () => engine.call('noisy'));
    const hello = Array.from({ length: 50 }, (_value, index) => engine.call('hello', { name: `n${index}` }));
    for (const answer of await Promise.all(noisy)) expect(answer).toMatchObject({ body: { ok: true } });
    for (const [index, answer] of (await Promise.all(hello)).entries()) expect(answer).toMatchObject({ body: { hello: `n${index}` } });

    expect(engine.faults).toBe(0);
    const last = (name: string) => engine.logs.filter(({ invocationId, source }) => invocationId === name && source !== 'logger').map(({ level, message, source }) => [source, level, message]);
    await until(() => engine.logs.some(({ invocationId, message }) => invocationId === 'noisy-5' && message === 'stderr without newline'), 'the last log entry');
    expect(last('noisy-3').sort()).toEqual([
      ['stderr', 'error', 'console.error'],
      ['stderr', 'error', 'stderr without newline'],
      ['stdout', 'info', "console.log { of: 'an object' }"],
      ['stdout', 'info', 'write without newline'],
    ]);
    expect(engine.logs.find(({ message }) => message === 'console.error')).toMatchObject({ traceId: 'a'.repeat(32), functionId: expect.stringContaining('steps::noisy::') });
    for (const line of ['native write to fd 1', 'from execSync', 'grandchild to stdout', 'grandchild to stderr', 'Content-Length: 30']) {
      await until(() => engine.stderr.split(line).length - 1 === 5, `"${line}" five times on stderr`);
    }
    expect(engine.text.filter((line) => !/^$|^> /.test(line))).toEqual([]);
  });

  it('E5 keeps the protocol out of reach: not on stdin, stdout or in children, and names no fds to them', async () => {
    await using app = installedApp();
    prepare(app, command);
    await using engine = runCommand(command, { cwd: app.path });
    await engine.ready;
    const { body } = (await engine.call('inspect')) as { body: Record<string, unknown> };
    expect(body).toMatchObject({ stdinIsEmpty: true, stdoutIsStderr: true, openInChild: [], ipcVariable: null, nodeEnv: /start|production/.test(command) ? 'production' : 'development' });
  });

  it('E4 ends when the engine closes its side', async () => {
    await using app = installedApp();
    prepare(app, command);
    await using engine = runCommand(command, { cwd: app.path });
    await engine.ready;
    const { body } = (await engine.call('hello')) as { body: { pid: number } };
    engine.child.stdin?.end();
    expect(await engine.exited).toMatchObject({ code: 0 });
    await until(() => !isRunning(body.pid), 'the end of the user process');
  });
});

describe('The launcher', () => {
  it.each(['SIGTERM', 'SIGHUP'] as const)('passes %s on and ends as the process it launched does', async (signal) => {
    await using app = installedApp();
    await using engine = runCommand('exec motia dev', { cwd: app.path });
    await engine.ready;
    const { body } = (await engine.call('hello')) as { body: { pid: number } };
    engine.child.kill(signal);
    expect(await engine.exited).toEqual(signal === 'SIGTERM' ? { code: 0, signal: null } : { code: null, signal });
    await until(() => !isRunning(body.pid), 'the end of the user process');
  });

  it('E4 dies of SIGKILL when the process it launched was killed so, and takes over its exit code otherwise', async () => {
    await using app = installedApp();
    await using engine = runCommand('exec motia dev', { cwd: app.path });
    await engine.ready;
    const { body } = (await engine.call('hello')) as { body: { pid: number } };
    process.kill(body.pid, 'SIGKILL');
    expect(await engine.exited).toEqual({ code: null, signal: 'SIGKILL' });

    writeFileSync(app.file('steps/exits.step.ts'), "export const config = { name: 'exits', triggers: [{ type: 'http', path: '/x', method: 'POST' }] };\nexport const handler = () => process.exit(42);\n");
    await using second = runCommand('exec motia dev', { cwd: app.path });
    await second.ready;
    void second.call('exits').catch(() => undefined);
    expect(await second.exited).toEqual({ code: 42, signal: null });
  });
});

describe('A handler that floods its output', () => {
  it('E5 is answered, its process stays small, and what was dropped is counted', async () => {
    await using app = installedApp();
    await using engine = runCommand('motia dev', { cwd: app.path });
    await engine.ready;
    const { body } = (await engine.call('flood')) as { body: { rssMib: number } };
    expect(body.rssMib).toBeLessThan(200);
    expect(await engine.call('hello')).toMatchObject({ body: { hello: 'world' } });
    await until(() => engine.logs.some(({ message }) => / lines dropped: /.test(message)), 'the report of dropped lines');
    expect(engine.logs.length).toBeLessThan(20_000);
    expect(engine.faults).toBe(0);
  });
});

describe('A debugger', () => {
  it.each([
    ['an option of Node', (port: number) => `node --inspect=127.0.0.1:${port} dist/index-dev.js`],
    ['NODE_OPTIONS', (port: number) => `NODE_OPTIONS=--inspect=127.0.0.1:${port} motia dev`],
  ])('asked for by %s attaches to the process that runs user code, not to the launcher', async (_title, command) => {
    await using app = installedApp();
    motia(app, ['dev'], { ...underEngine, MOTIA_EXEC_LAST: '0' });
    const port = await freePort();
    await using engine = runCommand(command(port), { cwd: app.path });
    await engine.ready;
    const { body } = (await engine.call('hello')) as { body: { pid: number } };
    expect(isListening(body.pid, port)).toBe(true);
  });
});

describe('A step file', () => {
  it('throws with its own file and line in the stack, also through a shared module and minified', async () => {
    await using app = installedApp();
    motia(app, ['build']);
    for (const command of ['motia dev', 'motia start']) {
      await using engine = runCommand(command, { cwd: app.path });
      await engine.ready;
      const error = (await engine.call('throws').catch((reason: unknown) => reason)) as Error;
      expect(error.stack).toMatch(/deep failure[^]*lib\/fail\.ts:8:9[^]*steps\/throws\.step\.ts:7:3/);
    }
  });

  it('that does not compile or load is named with file, line and cause, and the others serve', async () => {
    await using app = installedApp();
    writeFileSync(app.file('steps/syntax.step.ts'), 'export const config = {\n  name: "syntax"\n  triggers: [],\n};\n');
    writeFileSync(app.file('steps/loads.step.ts'), "export const config = { name: 'loads', triggers: [] };\nconst settings = undefined as unknown as { a: { b: string } };\nconsole.log(settings.a.b);\n");
    await using engine = runCommand('motia dev', { cwd: app.path });
    await engine.ready;
    expect(await engine.call('hello')).toMatchObject({ body: { hello: 'world' } });
    await until(() => engine.logs.filter(({ level }) => level === 'error').length >= 2, 'two reported files');
    const messages = engine.logs.filter(({ level }) => level === 'error').map(({ message }) => message).join('\n');
    expect(messages).toMatch(/steps\/syntax\.step\.ts:3:\d+: Expected "}" but found "triggers"/);
    expect(messages).toMatch(/steps\/loads\.step\.ts:3:\d+: TypeError: Cannot read properties of undefined/);
  });

  it('that breaks the one file of a production bundle is named with file, line and cause', async () => {
    await using app = installedApp();
    writeFileSync(app.file('steps/link.step.ts'), "// A comment.\nimport { nope } from 'node:fs';\nexport const config = { name: 'link', triggers: [], nope };\n");
    expect(motia(app, ['build'])).toMatchObject({ status: 0 });
    await using engine = runCommand('motia start', { cwd: app.path });
    await expect(engine.ready).rejects.toThrow(/MOTIA_SDK_APP_LOAD_FAILED[^]*steps\/link\.step\.ts:2: SyntaxError: [^]*'nope'/);
    expect(await engine.exited).toMatchObject({ code: 1 });
  });

  it('E6 that breaks while an older generation serves ends the new one, so that the old one stays', async () => {
    await using app = installedApp();
    for (const [text, reason] of [
      ['export const = 1', /MOTIA_SDK_BUILD_FAILED[^]*steps\/bad\.step\.ts:1:\d+/],
      ["throw new Error('at load')", /MOTIA_SDK_APP_LOAD_FAILED[^]*steps\/bad\.step\.ts:1:7: Error: at load/],
    ] as const) {
      writeFileSync(app.file('steps/bad.step.ts'), text);
      await using engine = runCommand('motia dev', { cwd: app.path, env: { III_EXEC_RELOAD: '1' } });
      await expect(engine.ready).rejects.toThrow(reason);
      expect(await engine.exited).toMatchObject({ code: 1 });
    }
  });
});

describe('motia on the command line', () => {
  it('builds and ends with 0 as a command that is not the last', async () => {
    await using app = installedApp();
    expect(motia(app, ['dev'], { ...underEngine, MOTIA_EXEC_LAST: '0' })).toMatchObject({ status: 0, stdout: '', stderr: expect.stringMatching(/^Built 6 step files in \d+ ms\n$/) });
    expect(readdirSync(app.file('dist'))).toContain('index-dev.js');
  });

  it('builds for production, and exits 1 listing every problem when it cannot', async () => {
    await using app = installedApp();
    expect(motia(app, ['build'])).toMatchObject({ status: 0, stdout: expect.stringContaining(app.file('dist/index-production.js')), stderr: '' });
    writeFileSync(app.file('steps/bad.step.ts'), 'const const');
    writeFileSync(app.file('steps/worse.step.ts'), "import './gone.js'");
    const { status, stderr } = motia(app, ['build']);
    expect(status).toBe(1);
    expect(stderr).toMatch(/^MOTIA_SDK_BUILD_FAILED: [^]*steps\/bad\.step\.ts:1:7[^]*steps\/worse\.step\.ts:1:8[^]*Fix the places named above/);
  });

  it.each([
    [['deploy'], 64, 'MOTIA_SDK_USAGE_INVALID: Unknown command: deploy'],
    [['dev', '--port', '1'], 64, "MOTIA_SDK_USAGE_INVALID: motia dev: Unknown option '--port'"],
    [['start'], 1, 'MOTIA_SDK_BUNDLE_MISSING'],
  ])('%j exits %i with code and remedy', async (args, status, text) => {
    await using app = installedApp();
    const result = motia(app, args);
    expect(result).toMatchObject({ status, stdout: '' });
    expect(result.stderr).toContain(text);
    expect(result.stderr.trim().split('\n').length).toBeGreaterThan(1);
  });

  it('prints its version and its help on stdout', async () => {
    await using app = installedApp();
    const { version } = JSON.parse(readFileSync(app.file('node_modules/motia/package.json'), 'utf8')) as { version: string };
    expect(motia(app, ['--version'])).toMatchObject({ status: 0, stdout: `${version}\n`, stderr: '' });
    expect(motia(app, ['--help'])).toMatchObject({ status: 0, stdout: expect.stringContaining('Usage: motia <command>'), stderr: '' });
    expect(motia(app, ['build', '-h'])).toMatchObject({ status: 0, stdout: expect.stringContaining('Usage: motia build'), stderr: '' });
  });

  it('refuses to serve the production bundle in the middle of an exec list', async () => {
    await using app = installedApp();
    expect(motia(app, ['start'], { ...underEngine, MOTIA_EXEC_LAST: '0' })).toMatchObject({ status: 64, stderr: expect.stringContaining('MOTIA_SDK_EXEC_NOT_LAST') });
  });

  it('works in a folder that has neither package.json nor node_modules of its own', async () => {
    await using app = installedApp();
    mkdirSync(app.file('shop'));
    renameSync(app.file('steps'), app.file('shop/steps'));
    renameSync(app.file('lib'), app.file('shop/lib'));
    await using engine = runCommand('../node_modules/.bin/motia dev', { cwd: app.file('shop') });
    await engine.ready;
    expect(await engine.call('hello')).toMatchObject({ body: { hello: 'world' } });
  });
});

describe('A bundle started by hand', () => {
  it('says how to start it and exits 64', async () => {
    await using app = installedApp();
    motia(app, ['dev'], { ...underEngine, MOTIA_EXEC_LAST: '0' });
    const { III_ENGINE_PID: _pid, ...clean } = process.env;
    const result = spawnSync(process.execPath, ['dist/index-dev.js'], { cwd: app.path, encoding: 'utf8', env: clean });
    expect(result).toMatchObject({ status: 64, stdout: '' });
    expect(result.stderr).toMatch(/MOTIA_SDK_NOT_UNDER_ENGINE: \S*dist\/index-dev\.js[^]*npx motia dev/);
  });

  it('serves on its stdin and stdout when told that they speak the protocol', async () => {
    await using app = installedApp();
    motia(app, ['dev'], { ...underEngine, MOTIA_EXEC_LAST: '0' });
    await using engine = runCommand('unset III_ENGINE_PID III_ENGINE_START; III_IPC=stdio node dist/index-dev.js', { cwd: app.path });
    await engine.ready;
    expect(await engine.call('noisy')).toMatchObject({ body: { ok: true } });
    expect(engine.faults).toBe(0);
  });
});
