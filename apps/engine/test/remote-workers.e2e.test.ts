import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { createServer, type AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { describeWithTools, temporaryFolder } from '@motia/tools/testing';
import { stepFile, writeApp } from './harness/app.js';
import { startBreakingProxy } from './harness/breaking-proxy.js';
import { until } from './harness/process-list.js';
import { bundleApp, startRemoteWorker, type RemoteWorkerProcess } from './harness/remote-worker.js';
import { runIii, startIii, type RunningEngine } from './harness/running-engine.js';

/** Where the engine takes workers, as it says itself. */
function workerUrl(engine: RunningEngine): string {
  const ready = engine.logs.find(({ message }) => message === 'iii is ready');
  const listeners = ready?.fields?.['listeners'] as { readonly name: string; readonly url: string }[];
  return listeners.find(({ name }) => name === 'Workers')?.url ?? '';
}

interface WorkerEntry {
  readonly id: string;
  readonly name: string;
  readonly in_flight?: number;
}
async function workersOf(engine: RunningEngine): Promise<readonly WorkerEntry[]> {
  const { stdout } = await runIii(['invoke', 'engine::workers::list', '{}', '-c', engine.config], { cwd: engine.cwd });
  return (JSON.parse(stdout) as { workers: WorkerEntry[] }).workers;
}

describe('examples/remote-workers', () => {
  const example = fileURLToPath(new URL('../../../examples/remote-workers', import.meta.url));
  let engine: RunningEngine;
  let first: RemoteWorkerProcess;
  let second: RemoteWorkerProcess;
  beforeAll(async () => {
    bundleApp(`${example}/app`);
    engine = await startIii({ cwd: example, env: { WORKER_PORT: '0', HEARTBEAT_MS: '400' } });
    first = await startRemoteWorker({ cwd: `${example}/app`, engine: workerUrl(engine) });
    second = await startRemoteWorker({ cwd: `${example}/app`, engine: workerUrl(engine) });
  }, 90_000);
  afterAll(async () => {
    await first[Symbol.asyncDispose]();
    second.signal('SIGCONT');
    await second[Symbol.asyncDispose]();
    await engine.stop();
  });

  interface Outcome {
    readonly image: string;
    readonly status: number;
    readonly code?: string;
    readonly doneBy?: number;
  }
  async function resize(image: string): Promise<Outcome> {
    const response = await fetch(`${engine.url}/resize/${image}`);
    const body = (await response.json()) as { doneBy?: number; error?: { code: string } };
    return { image, status: response.status, ...(body.doneBy === undefined ? {} : { doneBy: body.doneBy }), ...(body.error === undefined ? {} : { code: body.error.code }) };
  }

  it('spreads one function over two remote processes and one of the engine, behind a single trigger', async () => {
    const outcomes = await Promise.all(Array.from({ length: 30 }, (_, n) => resize(`spread-${n}`)));
    expect(outcomes.map(({ status }) => status)).toEqual(Array.from({ length: 30 }, () => 200));
    const doneBy = new Map<number | undefined, number>();
    for (const outcome of outcomes) doneBy.set(outcome.doneBy, (doneBy.get(outcome.doneBy) ?? 0) + 1);
    expect(doneBy.size).toBe(3);
    // Ten each, but for requests that reach a busy machine after others were done.
    for (const pid of [first.pid, second.pid]) expect([8, 9, 10, 11, 12]).toContain(doneBy.get(pid));
    const { stdout } = await runIii(['invoke', 'engine::triggers::list', '{}', '-c', engine.config], { cwd: engine.cwd });
    expect(stdout.match(/\/resize\/:image/g)?.length).toBeGreaterThan(0);
    expect((JSON.parse(stdout) as { triggers: { trigger_type: string }[] }).triggers.filter((trigger) => trigger.trigger_type === 'http')).toHaveLength(1);
  });

  it('R1 fails no request but those in the hands of the one that is killed, and of the one that is frozen', async () => {
    const outcomes: Promise<Outcome>[] = [];
    const timer = setInterval(() => void outcomes.push(resize(`load-${outcomes.length}`)), 10);
    await until('load on all of them', () => outcomes.length > 50);
    process.kill(first.pid, 'SIGKILL');
    await until('more load', () => outcomes.length > 150);
    process.kill(second.pid, 'SIGSTOP');
    await engine.waitForLog('the frozen one to be dropped', (line) => line.message === 'A worker was lost' && line.fields?.['reason'] === 'hung');
    const lengthThen = outcomes.length;
    await until('load after that', () => outcomes.length > lengthThen + 50);
    clearInterval(timer);
    const settled = await Promise.all(outcomes);

    const handedTo = new Map(engine.logs.filter(({ message }) => message === 'resizing').map((line) => {
      const { image, pid } = line.fields as { image: string; pid: number };
      return [image, pid] as const;
    }));
    const failed = settled.filter(({ status }) => status !== 200);
    const victims: readonly (number | undefined)[] = [first.pid, second.pid];
    for (const { image, status, code } of failed) {
      expect({ image, status, code }).toEqual({ image, status: 502, code: 'MOTIA_ENGINE_WORKER_LOST' });
      // Frozen or killed before it could log what it had been given: then nobody else may have had it either.
      expect(handedTo.has(image) ? victims : [undefined]).toContain(handedTo.get(image));
    }
    // Least busy first: a process that answers nothing is given no more than its share of what is open at one time.
    expect(failed.length).toBeLessThanOrEqual(20);
    expect(failed.length).toBeGreaterThan(0);
    expect(settled.length - failed.length).toBeGreaterThan(200);
  }, 60_000);

  it('#28 takes the frozen one back when it goes on, as one worker and the same process', async () => {
    process.kill(second.pid, 'SIGCONT');
    await second.waitForLine('serving', 1);
    await until('it to get calls', async () => (await Promise.all(Array.from({ length: 6 }, (_, n) => resize(`back-${n}`)))).some(({ doneBy }) => doneBy === second.pid));
    expect(await workersOf(engine)).toHaveLength(2);
  }, 60_000);
});

describe('motia start --engine', () => {
  const folder = temporaryFolder('remote');
  const socket = folder.file('iii.sock');
  const app = folder.file('app');
  const body = `
    if (req.queryParams.print !== undefined) console.log('printed ' + req.queryParams.print);
    if (req.queryParams.wait !== undefined) await new Promise((resolve) => setTimeout(resolve, Number(req.queryParams.wait)));
    return { status: 200, body: { pid: process.pid, token: process.env.III_ENGINE_TOKEN ?? null } };`;
  beforeAll(() => {
    writeApp(app, { 'steps/who.step.js': stepFile('Who', '/who', body, "console.log('loaded');\n") });
    bundleApp(app);
    writeApp(folder.file('engine'), {
      'unix.yaml': `modules:\n  - class: modules::api::RestApiModule\n    config: { port: 0 }\n  - class: modules::worker::WorkerModule\n    config: { socket_path: ${socket}, heartbeat_interval_ms: 400 }\n`,
      'token.yaml': 'modules:\n  - class: modules::api::RestApiModule\n    config: { port: 0 }\n  - class: modules::worker::WorkerModule\n    config: { port: 0, token: "${WORKER_TOKEN}", heartbeat_interval_ms: 400 }\n',
      'top.yaml': 'port: ${TOP_PORT}\nmodules:\n  - class: modules::api::RestApiModule\n    config: { port: 0 }\n',
      'open.yaml': 'modules:\n  - class: modules::worker::WorkerModule\n    config: { port: 0, host: 0.0.0.0 }\n',
      'tls.yaml': 'modules:\n  - class: modules::api::RestApiModule\n    config: { port: 0 }\n  - class: modules::worker::WorkerModule\n    config: { port: 0, tls: { cert_file: ../cert.pem, key_file: ../key.pem } }\n',
    });
  }, 60_000);
  afterAll(() => folder.remove());
  const start = (config: string, env: Readonly<Record<string, string>> = {}): Promise<RunningEngine> => startIii({ cwd: folder.file('engine'), config, env });
  const who = async (engine: RunningEngine, query = ''): Promise<{ pid: number; token: string | null }> => {
    const response = await fetch(`${engine.url}/who${query}`);
    if (response.status !== 200) throw new Error(await response.text());
    return (await response.json()) as never;
  };

  it('keeps its process through restarts and crashes of the engine, and registers again', async () => {
    const former = await start('unix.yaml');
    await using worker = await startRemoteWorker({ cwd: app, engine: `unix://${socket}` });
    expect((await who(former)).pid).toBe(worker.pid);
    expect(await former.stop()).toBe(0);
    await worker.waitForLine('the engine closed the connection');
    const next = await start('unix.yaml');
    await worker.waitForLine('serving', 1);
    expect((await who(next)).pid).toBe(worker.pid);
    next.signal('SIGKILL');
    await next.exited;
    await worker.waitForLine('the connection was lost');
    await using last = await start('unix.yaml');
    await worker.waitForLine('serving', 2);
    expect((await who(last)).pid).toBe(worker.pid);
    expect(worker.stderr.filter((line) => line.includes('again in')).length).toBeGreaterThanOrEqual(2);
  }, 90_000);

  it('waits for an engine that is not there yet, and ends at once when it is told to', async () => {
    await using worker = await startRemoteWorker({ cwd: app, engine: `unix://${folder.file('later.sock')}`, ready: false });
    expect(await worker.waitForLine('again in')).toMatch(/^motia: .*later\.sock.* again in (0\.[7-9]|1\.0) s$/);
    worker.signal('SIGTERM');
    expect(await worker.exited).toBe(0);
  }, 30_000);

  it('on SIGTERM takes no more calls, finishes what it has, and exits 0', async () => {
    await using engine = await start('unix.yaml');
    await using leaver = await startRemoteWorker({ cwd: app, engine: `unix://${socket}` });
    const last = who(engine, '?wait=700&print=begun');
    await engine.waitForLog('the call to run', ({ message }) => message === 'printed begun');
    await using other = await startRemoteWorker({ cwd: app, engine: `unix://${socket}` });
    leaver.signal('SIGTERM');
    await leaver.waitForLine('leaving');
    const calls = await Promise.all(Array.from({ length: 10 }, () => who(engine)));
    expect((await last).pid).toBe(leaver.pid);
    expect(await leaver.exited).toBe(0);
    for (const { pid } of calls) expect([leaver.pid, other.pid]).toContain(pid);
    for (let n = 0; n < 5; n += 1) expect((await who(engine)).pid).toBe(other.pid);
    expect(engine.logs.filter(({ level }) => level === 'warn')).toEqual([]);
  }, 60_000);

  it('leaves standard output to its user, and ties what handlers print to their traces as well', async () => {
    await using engine = await start('unix.yaml');
    await using worker = await startRemoteWorker({ cwd: app, engine: `unix://${socket}` });
    await who(engine, '?print=something');
    const line = await engine.waitForLog('what the handler printed', ({ message }) => message === 'printed something');
    expect(line.traceId).toMatch(/^[0-9a-f]{32}$/);
    expect(worker.stdout).toEqual(['loaded', 'printed something']);
  }, 60_000);

  it('is refused with a wrong token, which ends it, and keeps the right one from user code', async () => {
    const token = 'the-token-of-this-test';
    await using engine = await start('token.yaml', { WORKER_TOKEN: token });
    for (const wrong of [{ III_ENGINE_TOKEN: 'another-token-entirely' }, { III_ENGINE_TOKEN: '' }]) {
      await using refused = await startRemoteWorker({ cwd: app, engine: workerUrl(engine), env: wrong, ready: false });
      expect(await refused.exited).toBe(78);
      expect(refused.stderr.join('\n')).toContain('MOTIA_ENGINE_WORKER_UNAUTHORIZED');
    }
    await using worker = await startRemoteWorker({ cwd: app, engine: workerUrl(engine), env: { III_ENGINE_TOKEN: token } });
    expect(await who(engine)).toEqual({ pid: worker.pid, token: null });
    expect(JSON.stringify(engine.logs)).not.toContain(token);
  }, 60_000);

  it('notices a half-open connection on both sides and replaces it, so that there is one worker', async () => {
    await using engine = await start('token.yaml', { WORKER_TOKEN: 'the-token-of-this-test' });
    await using proxy = await startBreakingProxy(Number(new URL(workerUrl(engine)).port));
    await using worker = await startRemoteWorker({ cwd: app, engine: `tcp://127.0.0.1:${proxy.port}`, env: { III_ENGINE_TOKEN: 'the-token-of-this-test' } });
    expect((await who(engine)).pid).toBe(worker.pid);
    proxy.freeze();
    await worker.waitForLine('gave no sign of life');
    await worker.waitForLine('serving', 1);
    expect((await who(engine)).pid).toBe(worker.pid);
    await until('the former connection to be gone', async () => (await workersOf(engine)).length === 1);
  }, 60_000);

  it('#51 the top-level port of a config is its port; taken, it ends the start with 78', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await until('a port', () => server.listening);
    const { port } = server.address() as AddressInfo;
    const refused = await runIii(['-c', 'top.yaml'], { cwd: folder.file('engine'), env: { TOP_PORT: String(port) } });
    expect(refused.code).toBe(78);
    expect(refused.stderr).toContain('MOTIA_WORKER_PORT_IN_USE');
    expect(refused.stderr).toContain(`Port ${port} on 127.0.0.1 is already in use by process ${process.pid}`);
    expect(refused.stderr).not.toMatch(/^\s+at /m);
    await new Promise((resolve) => server.close(resolve));
    await using engine = await start('top.yaml', { TOP_PORT: String(port) });
    expect(workerUrl(engine)).toBe(`tcp://127.0.0.1:${port}`);
    await using worker = await startRemoteWorker({ cwd: app, engine: workerUrl(engine) });
    expect((await who(engine)).pid).toBe(worker.pid);
  }, 60_000);

  it('§4.1 beyond loopback without a token the engine does not start', async () => {
    const refused = await runIii(['-c', 'open.yaml'], { cwd: folder.file('engine') });
    expect(refused.code).toBe(78);
    expect(refused.stderr).toContain('MOTIA_WORKER_TOKEN_REQUIRED');
  }, 30_000);

  it('refuses an address that is none', async () => {
    await using worker = await startRemoteWorker({ cwd: app, engine: 'http://localhost:49134', ready: false });
    expect(await worker.exited).toBe(64);
    expect(worker.stderr.join('\n')).toContain('MOTIA_SDK_ENGINE_URL_INVALID');
  }, 30_000);

  describeWithTools(['openssl'], 'over TLS', () => {
    it('serves an engine whose authority it is told, and keeps away from others', async () => {
      execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', folder.file('key.pem'), '-out', folder.file('cert.pem')], { stdio: 'ignore' });
      await using engine = await start('tls.yaml');
      expect(workerUrl(engine)).toMatch(/^tls:/);
      await using stranger = await startRemoteWorker({ cwd: app, engine: workerUrl(engine), ready: false });
      await stranger.waitForLine('self-signed certificate');
      await using worker = await startRemoteWorker({ cwd: app, engine: workerUrl(engine), env: { III_ENGINE_CA_FILE: folder.file('cert.pem') } });
      expect((await who(engine)).pid).toBe(worker.pid);
    }, 60_000);
  });
});
