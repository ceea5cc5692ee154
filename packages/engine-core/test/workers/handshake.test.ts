import { describe, expect, it } from '@jest/globals';
import { createEndpoint, createMemoryTransportPair, PROTOCOL_VERSION } from '@motia/protocol';
import { connectTestWorker } from '../../src/testing/connect-test-worker.js';
import { ManualClock } from '../../src/testing/manual-clock.js';
import { failureOf, startKernel, turns } from '../functions/start-kernel.js';

const sdk = { name: 'test', version: '1.0.0', language: 'node' };

function connect(host: ReturnType<typeof startKernel>, options: Parameters<typeof host.kernel.workers.attach>[1]) {
  const [engineSide, workerSide] = createMemoryTransportPair();
  const handle = host.kernel.workers.attach(engineSide, options);
  const endpoint = createEndpoint(workerSide, { role: 'worker' });
  endpoint.onNotification('shutdown', () => endpoint.close());
  endpoint.listen();
  return { handle, endpoint, workerSide };
}

describe('the handshake of a worker', () => {
  it('E1 passes from connecting over registering and standby to ready, and counts as ready only then', async () => {
    await using host = startKernel();
    const { handle, endpoint } = connect(host, { owner: 'exec:0', label: 'node app.js', activation: 'manual' });
    expect(handle.state).toBe('connecting');
    const result = await endpoint.request('initialize', { protocolVersion: PROTOCOL_VERSION, sdk, pid: 42, name: 'app', capabilities: { rawBodies: true } });
    expect(result).toMatchObject({ workerId: handle.id, engine: { name: 'iii' }, capabilities: { rawBodies: true, channels: false }, limits: { maxCallDepth: 64, maxFunctions: 10_000 } });
    expect(handle.state).toBe('registering');
    await endpoint.request('functions/register', { functions: [{ id: 'a' }] });
    expect(host.kernel.functions.has('a')).toBe(false);
    const ready = endpoint.request('ready', {});
    await handle.registered;
    expect(handle.state).toBe('standby');
    expect(host.kernel.functions.has('a')).toBe(false);
    await host.kernel.workers.activate({ arriving: [handle], leaving: [] });
    expect(handle.state).toBe('ready');
    expect(host.kernel.functions.has('a')).toBe(true);
    await expect(ready).resolves.toEqual({ accepted: [], parked: [], rejected: [] });
    expect(host.kernel.workers.list()).toEqual([expect.objectContaining({ id: handle.id, owner: 'exec:0', label: 'node app.js', name: 'app', pid: 42, sdk, state: 'ready', functionIds: ['a'] })]);
  });

  it('O1 tells a worker whether anybody keeps its telemetry', async () => {
    await using host = startKernel();
    const offer = { protocolVersion: PROTOCOL_VERSION, sdk, capabilities: { telemetry: true } };
    const before = connect(host, { owner: 'exec:0', label: 'before' });
    expect(await before.endpoint.request('initialize', offer)).toMatchObject({ capabilities: { telemetry: false } });
    const nothing = (): void => undefined;
    host.kernel.telemetry.setSink({ log: nothing, otlp: nothing, startSpan: () => { throw new Error('not asked'); } });
    const after = connect(host, { owner: 'exec:1', label: 'after' });
    expect(await after.endpoint.request('initialize', offer)).toMatchObject({ capabilities: { telemetry: true } });
    const silent = connect(host, { owner: 'exec:2', label: 'silent' });
    expect(await silent.endpoint.request('initialize', { protocolVersion: PROTOCOL_VERSION, sdk })).toMatchObject({ capabilities: { telemetry: false } });
  });

  it('closes a worker that never says initialize with HANDSHAKE_TIMEOUT', async () => {
    const clock = new ManualClock();
    await using host = startKernel({ clock });
    const { handle } = connect(host, { owner: 'exec:0', label: 'sleep 60', handshakeTimeoutMs: 500 });
    const failure = failureOf(handle.registered);
    await clock.advance(500);
    expect(await failure).toMatchObject({ code: 'MOTIA_ENGINE_HANDSHAKE_TIMEOUT', message: expect.stringContaining('sleep 60') });
    expect(await handle.closed).toMatchObject({ reason: 'faulty', error: expect.objectContaining({ code: 'MOTIA_ENGINE_HANDSHAKE_TIMEOUT' }) });
    expect(handle.state).toBe('closed');
    expect(host.kernel.workers.list()).toEqual([]);
  });

  it('says that a worker initialized but never became ready', async () => {
    const clock = new ManualClock();
    await using host = startKernel({ clock });
    const { handle, endpoint } = connect(host, { owner: 'exec:0', label: 'app' });
    await endpoint.request('initialize', { protocolVersion: PROTOCOL_VERSION, sdk });
    const failure = failureOf(handle.registered);
    await clock.advance(10_000);
    expect((await failure).message).toContain('never said `ready`');
  });

  it('refuses another major version, naming both, and says so to the worker before it hangs up', async () => {
    await using host = startKernel();
    const { handle, endpoint } = connect(host, { owner: 'exec:0', label: 'old app' });
    const told = await failureOf(endpoint.request('initialize', { protocolVersion: '9.1', sdk }));
    expect(told).toMatchObject({ code: 'MOTIA_PROTOCOL_VERSION_UNSUPPORTED' });
    expect(told.message).toMatch(/9\.1.*1\.0/);
    expect(await handle.closed).toMatchObject({ reason: 'faulty', error: expect.objectContaining({ code: told.code }) });
    expect(await failureOf(handle.registered)).toMatchObject({ code: told.code });
  });

  it.each([
    ['answers false', () => false],
    ['throws', () => { throw new Error('no such token'); }],
  ])('refuses a worker when authorize %s', async (_how, authorize) => {
    await using host = startKernel();
    const { handle, endpoint } = connect(host, { owner: 'remote', label: 'remote', authorize });
    expect(await failureOf(endpoint.request('initialize', { protocolVersion: PROTOCOL_VERSION, sdk, token: 'x' }))).toBeDefined();
    expect(await handle.closed).toMatchObject({ reason: 'faulty', error: expect.objectContaining({ code: 'MOTIA_ENGINE_WORKER_UNAUTHORIZED', status: 401 }) });
  });

  it('passes token and name to authorize', async () => {
    await using host = startKernel();
    const seen: unknown[] = [];
    await using worker = await connectTestWorker(host.kernel, { owner: 'remote', token: 's3', name: 'blue', authorize: (params) => seen.push(params) > 0 });
    expect(seen).toEqual([{ token: 's3', name: 'blue' }]);
    expect(worker.handle.state).toBe('ready');
  });

  it('answers nothing before initialize and refuses to initialize twice', async () => {
    await using host = startKernel();
    const { endpoint } = connect(host, { owner: 'a', label: 'a' });
    expect(await failureOf(endpoint.request('functions/register', { functions: [] }))).toMatchObject({ code: 'MOTIA_ENGINE_WORKER_NOT_INITIALIZED' });
    expect(await failureOf(endpoint.invoke({ functionId: 'engine::functions::list', invocationId: '1' }, {}).result)).toMatchObject({ code: 'MOTIA_ENGINE_WORKER_NOT_INITIALIZED' });
    await endpoint.request('initialize', { protocolVersion: PROTOCOL_VERSION, sdk });
    expect(await failureOf(endpoint.request('initialize', { protocolVersion: PROTOCOL_VERSION, sdk }))).toMatchObject({ code: 'MOTIA_ENGINE_WORKER_CLOSED' });
  });

  it('fails the handshake of a worker whose process goes away', async () => {
    await using host = startKernel();
    const { handle, workerSide } = connect(host, { owner: 'a', label: 'app' });
    workerSide.destroy(new Error('EPIPE'));
    expect(await failureOf(handle.registered)).toMatchObject({ code: 'MOTIA_ENGINE_WORKER_DISCONNECTED' });
    expect(await handle.closed).toMatchObject({ reason: 'lost' });
  });

  it('passes on lines outside any frame and gives up a worker that breaks the protocol three times', async () => {
    await using host = startKernel();
    const [engineSide, workerSide] = createMemoryTransportPair();
    const lines: string[] = [];
    const handle = host.kernel.workers.attach(engineSide, { owner: 'a', label: 'noisy', onText: (line) => lines.push(line) });
    workerSide.onData(() => undefined);
    workerSide.write('> app@1.0.0 start\n');
    for (let fault = 0; fault < 3; fault += 1) workerSide.write('Content-Length: 3\r\n\r\n{x}');
    expect(await handle.closed).toMatchObject({ reason: 'faulty', error: expect.objectContaining({ code: 'MOTIA_PROTOCOL_PEER_FAULTY' }) });
    expect(lines).toContain('> app@1.0.0 start');
  });

  it('lets a tool connection call and nothing else', async () => {
    await using host = startKernel();
    const events: string[] = [];
    host.kernel.workers.onChanged(({ event }) => events.push(event));
    const { handle, endpoint } = connect(host, { owner: 'cli', label: 'iii functions', callerOnly: true });
    await endpoint.request('initialize', { protocolVersion: PROTOCOL_VERSION, sdk });
    await handle.registered;
    expect(handle.state).toBe('ready');
    expect(host.kernel.workers.list()).toEqual([]);
    await expect(endpoint.invoke({ functionId: 'engine::functions::list', invocationId: '1' }, {}).result).resolves.toEqual({ functions: [] });
    for (const [method, params] of [['functions/register', { functions: [] }], ['triggers/register', { triggers: [] }], ['ready', {}]] as const) {
      expect(await failureOf(endpoint.request(method, params as never))).toMatchObject({ code: 'MOTIA_ENGINE_WORKER_CALLER_ONLY', status: 403 });
    }
    endpoint.close();
    await handle.closed;
    expect(events).toEqual([]);
  });

  it('counts generations by owner', async () => {
    await using host = startKernel();
    await using first = await connectTestWorker(host.kernel, { owner: 'exec:0' });
    await using second = await connectTestWorker(host.kernel, { owner: 'exec:0' });
    await using other = await connectTestWorker(host.kernel, { owner: 'exec:1' });
    expect([first, second, other].map(({ handle }) => handle.generation)).toEqual([1, 2, 1]);
  });

  it('announces workers that connect, change and leave', async () => {
    await using host = startKernel();
    const events: unknown[] = [];
    host.kernel.workers.onChanged((event) => events.push(event));
    const worker = await connectTestWorker(host.kernel, { owner: 'a' });
    const workerId = worker.handle.id;
    await worker.endpoint.request('functions/register', { functions: [{ id: 'late' }] });
    worker.kill();
    await worker.handle.closed;
    expect(events).toEqual([
      { event: 'worker_connected', workerId },
      { event: 'worker_metadata_updated', workerId },
      { event: 'worker_metadata_updated', workerId },
      { event: 'worker_disconnected', workerId },
    ]);
  });

  it('refuses workers once the engine has stopped, and says goodbye to those it had', async () => {
    const host = startKernel();
    const worker = await connectTestWorker(host.kernel, { owner: 'a' });
    await host.kernel.stop();
    expect(await worker.handle.closed).toMatchObject({ reason: 'left' });
    await turns();
    expect(worker.asked.shutdown).toBe('left');
    const { handle } = connect(host, { owner: 'b', label: 'b' });
    expect(await failureOf(handle.registered)).toMatchObject({ code: 'MOTIA_ENGINE_STOPPED' });
  });
});
