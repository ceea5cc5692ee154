import { describe, expect, it } from '@jest/globals';
import { connectTestWorker } from '@motia/engine-core/testing';
import { gate, startEngine, until } from './fixtures/engine.js';
import { SocketWorker } from './fixtures/socket-worker.js';

describe('workers over a socket', () => {
  it('serve functions together with workers of this machine as one pool, the least busy first', async () => {
    await using engine = await startEngine();
    const held = gate();
    await using local = await connectTestWorker(engine.host, { functions: { 'who::am-i': async () => held.opened.then(() => 'local') } });
    await using first = await SocketWorker.open(engine.address);
    await using second = await SocketWorker.open(engine.address);
    await first.join({ 'who::am-i': async () => held.opened.then(() => 'first') });
    await second.join({ 'who::am-i': async () => held.opened.then(() => 'second') });
    const calls = Array.from({ length: 9 }, () => engine.host.functions.invoke('who::am-i', {}));
    await until('every call to be given out', () => engine.host.workers.list().every(({ inFlight }) => inFlight === 3));
    held.open();
    expect((await Promise.all(calls)).sort()).toEqual(['first', 'first', 'first', 'local', 'local', 'local', 'second', 'second', 'second']);
    expect(local.calls).toHaveLength(3);
  });

  it('register one trigger from three replicas, which is bound once and stays until the last one left', async () => {
    await using engine = await startEngine();
    const changes: unknown[] = [];
    await engine.host.triggers.registerType({
      type: 'clock', description: 'ticks', config: { jsonSchema: {}, parse: (input: unknown) => input },
      apply: (change) => void changes.push({ added: change.added.length, removed: change.removed.length }),
    });
    const replicas: SocketWorker[] = [];
    for (let n = 0; n < 3; n += 1) {
      const worker = await SocketWorker.open(engine.address);
      await worker.initialize();
      await worker.request('functions/register', { functions: [{ id: 'job::run' }] });
      await worker.request('triggers/register', { triggers: [{ id: 't', type: 'clock', functionId: 'job::run', config: { every: '1s' } }] });
      await worker.request('ready', {});
      replicas.push(worker);
    }
    expect(engine.host.triggers.list().filter(({ type }) => type === 'clock')).toHaveLength(1);
    expect(changes).toEqual([{ added: 1, removed: 0 }]);
    for (const worker of replicas) {
      expect(await worker.request('drain', { deadlineMs: 1_000 })).toEqual({ inFlight: 0 });
      await worker[Symbol.asyncDispose]();
    }
    await until('the trigger to be gone', () => !engine.host.triggers.list().some(({ type }) => type === 'clock'));
    expect(changes).toEqual([{ added: 1, removed: 0 }, { added: 0, removed: 1 }]);
  });

  it('R1 fail the calls they had at once when they are gone, and no other', async () => {
    await using engine = await startEngine();
    const held = gate();
    await using survivor = await SocketWorker.open(engine.address);
    const victim = await SocketWorker.open(engine.address);
    await victim.join({ 'job::run': () => new Promise(() => undefined) });
    await survivor.join({ 'job::run': async () => held.opened.then(() => 'done') });
    const calls = Array.from({ length: 4 }, () => engine.host.functions.invoke('job::run', {}).catch((error: { code: string }) => error.code));
    await until('calls to be given out', () => engine.host.workers.list().every(({ inFlight }) => inFlight === 2));
    victim.socket.resetAndDestroy();
    await until('the loss to be noticed', () => engine.host.workers.list().length === 1);
    held.open();
    expect((await Promise.all(calls)).sort()).toEqual(['MOTIA_ENGINE_WORKER_LOST', 'MOTIA_ENGINE_WORKER_LOST', 'done', 'done']);
  });

  it('#28 that give no sign of life are closed as hung, their calls fail, and the pool goes on', async () => {
    await using engine = await startEngine({ heartbeat_interval_ms: 100 });
    await using healthy = await SocketWorker.open(engine.address);
    await using frozen = await SocketWorker.open(engine.address);
    await frozen.join({ 'job::run': () => new Promise(() => undefined) });
    const stuck = engine.host.functions.invoke('job::run', {}, { timeoutMs: 60_000 }).catch((error: { code: string; cause?: { code: string } }) => [error.code, error.cause?.code]);
    await healthy.join({ 'job::run': () => 'done' });
    frozen.isSilent = true;
    expect(await stuck).toEqual(['MOTIA_ENGINE_WORKER_LOST', 'MOTIA_ENGINE_WORKER_HUNG']);
    await frozen.closed();
    expect(await engine.host.functions.invoke('job::run', {})).toBe('done');
    expect(engine.host.workers.list()).toHaveLength(1);
  });

  it('#41 that do not read are refused more calls than a bounded queue holds', async () => {
    await using engine = await startEngine();
    await using stuck = await SocketWorker.open(engine.address);
    await stuck.join({ 'job::run': () => new Promise(() => undefined) });
    stuck.socket.pause();
    const payload = 'x'.repeat(1_000_000);
    const calls = Array.from({ length: 40 }, () => engine.host.functions.invoke('job::run', payload, { timeoutMs: 60_000 }));
    const refused = await Promise.race(calls.map((call) => call.then(() => undefined, (error: { code: string }) => error.code)));
    expect(refused).toBe('MOTIA_ENGINE_WORKER_BACKPRESSURE');
    stuck.socket.destroy();
    await Promise.allSettled(calls);
  });

  it('#43 that answer twice, or what nobody asked, change nothing', async () => {
    await using engine = await startEngine();
    await using liar = await SocketWorker.open(engine.address);
    await liar.join({ 'job::run': () => 'first' });
    expect(await engine.host.functions.invoke('job::run', {})).toBe('first');
    const { id } = await liar.next(({ method }) => method === 'functions/invoke');
    liar.write({ id, result: 'again' });
    liar.write({ id: 'e999', result: 'never asked' });
    expect(await engine.host.functions.invoke('job::run', {})).toBe('first');
    expect(liar.isClosed).toBe(false);
  });
});

describe('a worker that was lost', () => {
  it('R3 leaves its functions known for a while: calls wait for it and go to the connection it makes next', async () => {
    await using engine = await startEngine();
    const former = await SocketWorker.open(engine.address);
    await former.join({ 'job::run': () => 'former' });
    former.socket.destroy();
    await until('the loss to be noticed', () => engine.host.workers.list().length === 0);
    const parked = engine.host.functions.invoke('job::run', {}, { parkMs: 5_000 });
    await using next = await SocketWorker.open(engine.address);
    await next.join({ 'job::run': () => 'next' }, { previousWorkerId: former.workerId });
    expect(await parked).toBe('next');
  });

  it('is forgotten after its grace', async () => {
    await using engine = await startEngine({ reconnect_grace_ms: 50 });
    const former = await SocketWorker.open(engine.address);
    await former.join({ 'job::run': () => 'former' });
    former.socket.destroy();
    await expect(engine.host.functions.invoke('job::run', {}, { parkMs: 5_000 })).rejects.toMatchObject({ code: expect.stringMatching(/WORKER_LOST|FUNCTION_NOT_FOUND|WORKER_UNAVAILABLE/) as unknown as string });
    await until('it to be forgotten', () => engine.host.functions.list().every(({ id }) => id !== 'job::run'));
    await expect(engine.host.functions.invoke('job::run', {})).rejects.toMatchObject({ code: 'MOTIA_ENGINE_FUNCTION_NOT_FOUND' });
  });

  it('and whose old connection is still open is replaced, not doubled', async () => {
    await using engine = await startEngine();
    await using halfOpen = await SocketWorker.open(engine.address);
    await halfOpen.join({ 'job::run': () => new Promise(() => undefined) });
    const stuck = engine.host.functions.invoke('job::run', {}).catch((error: { code: string }) => error.code);
    await using next = await SocketWorker.open(engine.address);
    await next.join({ 'job::run': () => 'next' }, { previousWorkerId: halfOpen.workerId });
    expect(await stuck).toBe('MOTIA_ENGINE_WORKER_LOST');
    await halfOpen.closed();
    expect(engine.host.workers.list().map(({ id }) => id)).toEqual([next.workerId]);
    expect(await engine.host.functions.invoke('job::run', {})).toBe('next');
  });

  it('cannot take the place of a worker that did not come over this socket', async () => {
    await using engine = await startEngine();
    await using local = await connectTestWorker(engine.host, { functions: { 'job::run': () => 'local' } });
    await using intruder = await SocketWorker.open(engine.address);
    await intruder.join({ 'other::run': () => 'x' }, { previousWorkerId: local.handle.id });
    expect(await engine.host.functions.invoke('job::run', {})).toBe('local');
    expect(engine.host.workers.list()).toHaveLength(2);
  });
});

describe('leaving', () => {
  it('gives a worker that says so no more calls, and answers when its calls are done', async () => {
    await using engine = await startEngine();
    const held = gate();
    await using leaver = await SocketWorker.open(engine.address);
    await leaver.join({ 'job::run': async () => held.opened.then(() => 'leaver') });
    const last = engine.host.functions.invoke('job::run', {});
    await until('the call to be given out', () => engine.host.workers.list()[0]?.inFlight === 1);
    await using other = await SocketWorker.open(engine.address);
    await other.join({ 'job::run': () => 'other' });
    const drained = leaver.request('drain', { deadlineMs: 5_000 });
    for (let n = 0; n < 5; n += 1) expect(await engine.host.functions.invoke('job::run', {})).toBe('other');
    held.open();
    expect(await last).toBe('leaver');
    expect(await drained).toEqual({ inFlight: 0 });
    leaver.socket.end();
    await until('it to be gone', () => engine.host.workers.list().length === 1);
    expect(engine.host.logs.messages('warn')).toEqual([]);
  });

  it('G1 of the engine asks remote workers to drain, waits for their calls, and says goodbye', async () => {
    const engine = await startEngine();
    const held = gate();
    await using worker = await SocketWorker.open(engine.address);
    await worker.join({ 'job::run': async () => held.opened.then(() => 'done') });
    const call = engine.host.functions.invoke('job::run', {});
    await until('the call to be given out', () => engine.host.workers.list()[0]?.inFlight === 1);
    const stopped = engine.host.stop();
    await worker.next(({ method }) => method === 'drain');
    held.open();
    expect(await call).toBe('done');
    await worker.next(({ method }) => method === 'shutdown');
    await worker.closed();
    await stopped;
  });
});
