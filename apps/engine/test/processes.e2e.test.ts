import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { stopwatch } from '@motia/tools/stopwatch';
import { temporaryFolder } from '@motia/tools/testing';
import { configYaml, stepFile, writeApp } from './harness/app.js';
import { steadyLoad } from './harness/load.js';
import { descendantsOf, residentMiB, stillAlive, until } from './harness/process-list.js';
import { runIii, startIii, type RunningEngine } from './harness/running-engine.js';

const json = async (url: string): Promise<Record<string, unknown>> => (await (await fetch(url)).json()) as Record<string, unknown>;
const describeOnLinux = process.platform === 'linux' ? describe : describe.skip;

describe('an engine without listeners', () => {
  it('E2 lives on while its only process waits to be restarted, and stops in order', async () => {
    await using folder = temporaryFolder('iii-alone');
    writeApp(folder.path, { 'config.yaml': `modules:\n  - class: modules::shell::ExecModule\n    config: { exec: ['sleep 0.5'], protocol: none, restart_delay_ms: 1500 }\n` });
    await using engine = await startIii({ cwd: folder.path, waitReady: false });
    const ended = (line: { readonly message: string }): boolean => line.message.includes('ended by itself');
    await engine.waitForLog('the process to end', ended);
    await until('the process to end a second time', () => Promise.resolve(engine.logs.filter(ended).length >= 2));
    expect(await engine.stop()).toBe(0);
    expect(engine.logs.at(-1)).toMatchObject({ message: 'stopped' });
  }, 30_000);
});

describe('an app under load', () => {
  const folder = temporaryFolder('iii-reload');
  const version = (number: number) => stepFile('Version', '/version', `return { status: 200, body: { version: ${number}, pid: process.pid } };`);
  let engine: RunningEngine;

  beforeAll(async () => {
    writeApp(folder.path, {
      'config.yaml': configYaml(['motia dev'], { watch: ['steps/**/*.mjs'], debounce_ms: 20 }),
      'steps/version.step.mjs': version(0),
      'steps/hang.step.mjs': stepFile('Hang', '/hang', 'await new Promise((resolve) => setTimeout(resolve, 29_000)); return { status: 200, body: {} };'),
      'steps/slow.step.mjs': stepFile('Slow', '/slow', 'await new Promise((resolve) => setTimeout(resolve, 400)); return { status: 200, body: { pid: process.pid } };'),
    });
    engine = await startIii({ cwd: folder.path });
  });
  afterAll(async () => {
    await engine.stop();
    await folder.remove();
  });

  it('lets `iii invoke` name a Step', async () => {
    const result = await runIii(['invoke', 'Version', '{"body":null}'], { cwd: folder.path });
    expect([result.code, result.stderr, JSON.parse(result.stdout)]).toMatchObject([0, '', { status: 200, body: { version: 0 } }]);
    const unknown = await runIii(['invoke', 'Versions'], { cwd: folder.path });
    expect([unknown.code, unknown.stdout]).toEqual([70, '']);
    expect(unknown.stderr).toMatch(/MOTIA_ENGINE_FUNCTION_NOT_FOUND/);
  }, 20_000);

  it('E6 fails no request through 20 reloads at 200 requests a second', async () => {
    const load = steadyLoad({ url: `${engine.url}/version`, perSecond: 200 });
    for (let number = 1; number <= 20; number += 1) {
      writeFileSync(folder.file('steps/version.step.mjs'), version(number));
      await until(`version ${number} to serve`, async () => (await json(`${engine.url}/version`))['version'] === number);
    }
    const { sent, failures } = await load.stop();
    expect(failures).toEqual([]);
    expect(sent).toBeGreaterThan(400);
  }, 120_000);

  it('E6 keeps the old version when the new one does not compile, says so, and recovers', async () => {
    const load = steadyLoad({ url: `${engine.url}/version`, perSecond: 100 });
    const before = engine.logs.length;
    writeFileSync(folder.file('steps/version.step.mjs'), 'export const config = {{{ broken');
    await engine.waitForLog('the failed reload to be named', (line) => engine.logs.indexOf(line) >= before && line.level === 'error' && JSON.stringify(line).includes('version.step.mjs'));
    expect((await json(`${engine.url}/version`))['version']).toBe(20);
    writeFileSync(folder.file('steps/version.step.mjs'), version(100));
    await until('the mended version to serve', async () => (await json(`${engine.url}/version`))['version'] === 100);
    expect((await load.stop()).failures).toEqual([]);
  }, 60_000);

  it('E6 keeps the old version when the new one wants a route that another Step has, says so, and recovers', async () => {
    const load = steadyLoad({ url: `${engine.url}/version`, perSecond: 100 });
    const before = engine.logs.length;
    writeFileSync(folder.file('steps/rival.step.mjs'), stepFile('Rival', '/slow', 'return { status: 200, body: {} };'));
    const line = await engine.waitForLog('the refused reload to be named', (one) => engine.logs.indexOf(one) >= before && one.level === 'error' && JSON.stringify(one).includes('Rival'));
    expect(line.message).toMatch(/the previous one goes on serving.*GET \/slow is already taken by function "steps::Slow/);
    writeFileSync(folder.file('steps/rival.step.mjs'), stepFile('Rival', '/rival', 'return { status: 200, body: { name: "rival" } };'));
    await until('the corrected version to serve', async () => (await fetch(`${engine.url}/rival`)).status === 200);
    await engine.waitForLog('what came to be named', (one) => one.message === 'Routes changed: + GET /rival');
    // The process that was not taken has nothing to add to what the engine said.
    expect(engine.logs.slice(before).filter((one) => one.message.includes('CONNECTION_CLOSED'))).toEqual([]);
    expect((await load.stop()).failures).toEqual([]);
  }, 30_000);

  it('E6 lets a slow request finish in the process that a reload replaces', async () => {
    const { pid } = await json(`${engine.url}/version`);
    const slow = json(`${engine.url}/slow`);
    writeFileSync(folder.file('steps/version.step.mjs'), version(101));
    expect((await slow)['pid']).toBe(pid);
    await until('the new version to serve', async () => (await json(`${engine.url}/version`))['version'] === 101);
    expect((await json(`${engine.url}/version`))['pid']).not.toBe(pid);
  }, 30_000);

  it('R1 R3 answers 502 at once for the request in a killed process, and parks the next ones until it is back', async () => {
    const { pid } = await json(`${engine.url}/version`);
    const inFlight = fetch(`${engine.url}/hang`);
    await until('the call to be running', async () => {
      const { workers } = await invokeWorkers(engine);
      return workers.some((worker) => worker.active_invocations > 0);
    });
    process.kill(pid as number, 'SIGKILL');
    const lost = await inFlight;
    expect(lost.status).toBe(502);
    expect(await lost.json()).toMatchObject({ error: { code: 'MOTIA_ENGINE_WORKER_LOST' } });
    const parked = await fetch(`${engine.url}/version`);
    expect(parked.status).toBe(200);
    expect(((await parked.json()) as { pid: number }).pid).not.toBe(pid);
  }, 30_000);
});

describe('a process that misbehaves', () => {
  const folder = temporaryFolder('iii-misbehave');
  let engine: RunningEngine;

  beforeAll(async () => {
    writeApp(folder.path, {
      'config.yaml': configYaml(['motia dev'], { heartbeat_interval_ms: 1000 }),
      'steps/ok.step.mjs': stepFile('Ok', '/ok', 'return { status: 200, body: { pid: process.pid } };'),
      'steps/spin.step.mjs': stepFile('Spin', '/spin', 'for (;;) {}'),
      'steps/flood.step.mjs': stepFile(
        'Flood',
        '/flood',
        "for (let i = 0; i < 20_000; i += 1) console.log('x'.repeat(1000)); execSync('head -c 30000000 /dev/zero | tr \\\\0 y | fold -w 1000', { stdio: 'inherit' }); return { status: 200, body: {} };",
        "import { execSync } from 'node:child_process';",
      ),
      'steps/quit.step.mjs': stepFile('Quit', '/quit', 'process.exit(0);'),
    });
    engine = await startIii({ cwd: folder.path });
  });
  afterAll(async () => {
    await engine.stop();
    await folder.remove();
  });

  it('R1 a hung process is killed and replaced, its request is answered', async () => {
    const { pid } = await json(`${engine.url}/ok`);
    const hung = await fetch(`${engine.url}/spin`);
    expect(hung.status).toBe(502);
    await until('the successor to serve', async () => (await json(`${engine.url}/ok`))['pid'] !== pid);
  }, 30_000);

  it('E2 a process that exits 0 by itself counts as crashed and is started again', async () => {
    const { pid } = await json(`${engine.url}/ok`);
    expect((await fetch(`${engine.url}/quit`)).status).toBe(502);
    expect((await json(`${engine.url}/ok`))['pid']).not.toBe(pid);
  }, 30_000);

  it('E5 a flood of output never breaks a call, and the engine stays small', async () => {
    const [flood, ok] = await Promise.all([fetch(`${engine.url}/flood`), json(`${engine.url}/ok`)]);
    expect(flood.status).toBe(200);
    expect(ok['pid']).toEqual(expect.any(Number));
    await engine.waitForLog('a note of dropped lines', (line) => /dropped/.test(line.message));
    if (process.platform === 'linux') expect(residentMiB(engine.pid)).toBeLessThan(200);
  }, 60_000);
});

describeOnLinux('the end of an engine', () => {
  const folder = temporaryFolder('iii-end');
  const spawnSleeper = "import { spawn } from 'node:child_process';";

  beforeAll(() => {
    writeApp(folder.path, {
      'config.yaml': configYaml(['motia dev']),
      'steps/ok.step.mjs': stepFile('Ok', '/ok', 'return { status: 200, body: { pid: process.pid } };'),
      'steps/spin.step.mjs': stepFile('Spin', '/spin', "spawn('sleep', ['300'], { stdio: 'inherit' }); for (;;) {}", spawnSleeper),
      'steps/wait.step.mjs': stepFile('Wait', '/wait', 'await new Promise((resolve) => setTimeout(resolve, 600)); return { status: 200, body: { done: true } };'),
      'steps/forever.step.mjs': stepFile('Forever', '/forever', 'await new Promise(() => undefined);'),
    });
  });
  afterAll(() => folder.remove());

  it('E4 leaves no child within 2 s of kill -9, a busy-looping one and its own children included', async () => {
    const engine = await startIii({ cwd: folder.path });
    fetch(`${engine.url}/spin`).catch(() => undefined);
    await until('the handler to have started its own child', () => descendantsOf(engine.pid).some(({ command }) => command.startsWith('sleep 300')));
    const children = descendantsOf(engine.pid);
    expect(children.length).toBeGreaterThanOrEqual(2);
    engine.signal('SIGKILL');
    await engine.exited;
    await until('every process to be gone', () => stillAlive(children).length === 0, 2000);
  }, 40_000);

  it('G1 finishes what is in flight on SIGTERM, then exits 0 with no process left', async () => {
    const engine = await startIii({ cwd: folder.path });
    const children = descendantsOf(engine.pid);
    const slow = fetch(`${engine.url}/wait`);
    await until('the call to be running', async () => (await invokeWorkers(engine)).workers.some((worker) => worker.active_invocations > 0));
    engine.signal('SIGTERM');
    expect(await (await slow).json()).toEqual({ done: true });
    expect(await engine.exited).toBe(0);
    expect(stillAlive(children)).toEqual([]);
  }, 40_000);

  it('G1 exits 130 within 200 ms of a second signal, with no process left', async () => {
    const engine = await startIii({ cwd: folder.path });
    const children = descendantsOf(engine.pid);
    fetch(`${engine.url}/forever`).catch(() => undefined);
    await until('the call to be running', async () => (await invokeWorkers(engine)).workers.some((worker) => worker.active_invocations > 0));
    engine.signal('SIGINT');
    await engine.waitForLog('the drain to be announced', (line) => line.message.startsWith('SIGINT'));
    const sinceSecond = stopwatch();
    engine.signal('SIGINT');
    expect(await engine.exited).toBe(130);
    // 200 ms is the promise; the rest is what a process takes to end.
    expect(sinceSecond.elapsedMs()).toBeLessThan(1000);
    await until('every process to be gone', () => stillAlive(children).length === 0, 2000);
  }, 40_000);
});

async function invokeWorkers(engine: RunningEngine): Promise<{ workers: { active_invocations: number }[] }> {
  const result = await runIii(['invoke', 'engine::workers::list', '-c', engine.config], { cwd: engine.cwd });
  return JSON.parse(result.stdout) as { workers: { active_invocations: number }[] };
}
