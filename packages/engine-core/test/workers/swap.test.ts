import { describe, expect, it } from '@jest/globals';
import { MotiaError } from '@motia/protocol';
import type { TriggerChange, TriggerTypeDefinition } from '../../src/contract/triggers.js';
import { connectTestWorker, type TestWorker } from '../../src/testing/connect-test-worker.js';
import { ManualClock } from '../../src/testing/manual-clock.js';
import { failureOf, gate, startKernel, turns } from '../functions/start-kernel.js';

const signal = () => AbortSignal.timeout(5000);

/** A trigger type that keeps what it was told, as ids of functions. */
function recordingType(type: string, changes: { added: string[]; removed: string[] }[]): TriggerTypeDefinition {
  return {
    type,
    config: { jsonSchema: {}, parse: (input) => input },
    apply: ({ added, removed }: TriggerChange) => void changes.push({ added: added.map(({ functionId }) => functionId), removed: removed.map(({ functionId }) => functionId) }),
  };
}

describe('generations of workers', () => {
  it('E6 loses no call while a new generation takes over under load', async () => {
    await using host = startKernel();
    const { functions, workers } = host.kernel;
    const connect = (version: number) =>
      connectTestWorker(host.kernel, { owner: 'exec:0', activation: 'manual', retain: true, functions: { f: async () => (await turns(2), version) } });
    let current = await connect(0);
    await current.handle.registered;
    await workers.activate({ arriving: [current.handle], leaving: [] });
    let isLoading = true;
    const seen = new Set<unknown>();
    let failures = 0;
    const load = Promise.all(
      Array.from({ length: 16 }, async () => {
        while (isLoading) {
          await functions.invoke('f', {}).then((version) => seen.add(version), () => (failures += 1));
          await turns(1);
        }
      }),
    );
    try {
      for (let version = 1; version <= 20; version += 1) {
        const next = await connect(version);
        await next.handle.registered;
        await workers.activate({ arriving: [next.handle], leaving: [current.handle] });
        const most = current.calls.length + current.handle.inFlight;
        await turns(8);
        expect(current.calls.length).toBeLessThanOrEqual(most);
        await current.handle.drain(signal());
        expect(current.handle.inFlight).toBe(0);
        await turns(4);
        expect(current.asked.drain).toBe(true);
        current.handle.close('left');
        current = next;
      }
    } finally {
      isLoading = false;
      await load;
    }
    expect(failures).toBe(0);
    expect([...seen].sort((a, b) => (a as number) - (b as number))).toEqual(Array.from({ length: 21 }, (_, version) => version));
  });

  it('E6 brings a swap to each trigger type as one change, and leaves out what stays the same', async () => {
    await using host = startKernel();
    const changes: { added: string[]; removed: string[] }[] = [];
    await host.kernel.triggers.registerType(recordingType('http', changes));
    const trigger = (functionId: string) => ({ type: 'http', functionId, config: { api_path: `/${functionId}` } });
    await using old = await connectTestWorker(host.kernel, { owner: 'a', triggers: [trigger('stays'), trigger('goes')] });
    await using next = await connectTestWorker(host.kernel, { owner: 'a', activation: 'manual', triggers: [trigger('stays'), trigger('comes')] });
    await next.handle.registered;
    await host.kernel.workers.activate({ arriving: [next.handle], leaving: [old.handle] });
    expect(changes).toEqual([
      { added: ['stays', 'goes'], removed: [] },
      { added: ['comes'], removed: ['goes'] },
    ]);
  });

  it('E6 with mustBindAll a swap is refused when a type would refuse a trigger that is new, and nothing changes', async () => {
    await using host = startKernel();
    const changes: { added: string[]; removed: string[] }[] = [];
    const asked: string[][] = [];
    await host.kernel.triggers.registerType({
      ...recordingType('http', changes),
      check({ added, removed }) {
        asked.push([...added.map(({ functionId }) => `+${functionId}`), ...removed.map(({ functionId }) => `-${functionId}`)]);
        return new Map(added.filter(({ functionId }) => functionId === 'bad').map(({ id }) => [id, new MotiaError({ code: 'TAKEN', message: 'It is taken.', status: 409 })]));
      },
    });
    const trigger = (functionId: string) => ({ type: 'http', functionId, config: {} });
    await using old = await connectTestWorker(host.kernel, { owner: 'a', functions: { f: () => 'old' }, triggers: [trigger('stays'), trigger('goes')] });
    await using next = await connectTestWorker(host.kernel, { owner: 'a', activation: 'manual', functions: { f: () => 'new' }, triggers: [trigger('stays'), trigger('bad'), trigger('good')] });
    await next.handle.registered;
    const swap = { arriving: [next.handle], leaving: [old.handle] };
    expect(await failureOf(host.kernel.workers.activate({ ...swap, mustBindAll: true }))).toMatchObject({
      code: 'MOTIA_ENGINE_SWAP_REFUSED', message: 'A trigger of the new version cannot be bound: It is taken.', details: { problems: [{ type: 'http', functionId: 'bad', code: 'TAKEN' }] },
    });
    expect(asked).toEqual([['+bad', '+good', '-goes']]);
    expect([next.handle.state, old.handle.state, changes.length]).toEqual(['standby', 'ready', 1]);
    await expect(host.kernel.functions.invoke('f', {})).resolves.toBe('old');
    await host.kernel.workers.activate(swap);
    await expect(host.kernel.functions.invoke('f', {})).resolves.toBe('new');
  });

  it('makes new functions callable before their triggers are told', async () => {
    await using host = startKernel();
    const callable: boolean[] = [];
    await host.kernel.triggers.registerType({
      ...recordingType('http', []),
      apply: ({ added }) => void added.forEach(({ functionId }) => callable.push(host.kernel.functions.has(functionId))),
    });
    await using _worker = await connectTestWorker(host.kernel, { functions: { f: () => 1 }, triggers: [{ type: 'http', functionId: 'f' }] });
    expect(callable).toEqual([true]);
  });

  it('changes nothing when an arriving worker is not in standby', async () => {
    await using host = startKernel();
    await using old = await connectTestWorker(host.kernel, { owner: 'a', functions: { f: () => 'old' } });
    await using next = await connectTestWorker(host.kernel, { owner: 'a', activation: 'manual', ready: false, functions: { f: () => 'new' } });
    expect(await failureOf(host.kernel.workers.activate({ arriving: [next.handle], leaving: [old.handle] }))).toMatchObject({ code: 'MOTIA_ENGINE_WORKER_CLOSED', message: expect.stringContaining('registering') });
    await expect(host.kernel.functions.invoke('f', {})).resolves.toBe('old');
    expect(old.handle.state).toBe('ready');
  });

  it('drains: no new calls, resolves with the last answer, and functions that nobody else serves are gone', async () => {
    await using host = startKernel();
    const release = gate<string>();
    await using worker = await connectTestWorker(host.kernel, { functions: { f: () => release.promise } });
    const running = host.kernel.functions.invoke('f', {});
    await turns();
    const drained = worker.handle.drain(signal()).then(() => 'drained');
    await turns();
    expect(worker.handle.state).toBe('draining');
    expect(await failureOf(host.kernel.functions.invoke('f', {}))).toMatchObject({ code: 'MOTIA_ENGINE_FUNCTION_NOT_FOUND' });
    expect(await Promise.race([drained, turns().then(() => 'waiting')])).toBe('waiting');
    release.open('answer');
    await expect(running).resolves.toBe('answer');
    expect(await drained).toBe('drained');
  });

  it('gives up draining when the deadline fires, and fails what is left when it closes', async () => {
    await using host = startKernel();
    await using worker = await connectTestWorker(host.kernel, { functions: { f: () => new Promise(() => undefined) } });
    const failure = failureOf(host.kernel.functions.invoke('f', {}));
    const deadline = new AbortController();
    const drained = worker.handle.drain(deadline.signal);
    deadline.abort();
    await drained;
    expect(worker.handle.inFlight).toBe(1);
    worker.handle.close('left');
    expect(await failure).toMatchObject({ code: 'MOTIA_ENGINE_WORKER_LOST', status: 502 });
    expect(await worker.handle.closed).toEqual({ reason: 'left' });
  });

  it('lets a draining worker finish with calls of its own', async () => {
    await using host = startKernel();
    host.kernel.functions.register({ id: 'state::set' }, () => 'stored');
    const release = gate();
    await using worker: TestWorker = await connectTestWorker(host.kernel, { functions: { f: async (_payload, call) => (await release.promise, worker.invoke('state::set', {}, { parent: call })) } });
    const running = host.kernel.functions.invoke('f', {});
    await turns();
    const drained = worker.handle.drain(signal());
    release.open();
    await expect(running).resolves.toBe('stored');
    await drained;
  });

  it('counts a worker that goes away while it drains as left', async () => {
    await using host = startKernel();
    await using worker = await connectTestWorker(host.kernel, { retain: true, functions: { f: () => 1 } });
    await worker.handle.drain(signal());
    worker.kill();
    expect((await worker.handle.closed).reason).toBe('left');
    expect(host.kernel.functions.has('f')).toBe(false);
  });
});

describe('workers that crash and are expected back', () => {
  it('R3 holds calls of a crashed worker and hands them to its successor', async () => {
    const clock = new ManualClock();
    await using host = startKernel({ clock });
    const { functions } = host.kernel;
    const first = await connectTestWorker(host.kernel, { owner: 'exec:0', retain: true, functions: { f: () => 'first' } });
    const inFlight = await connectTestWorker(host.kernel, { owner: 'other', functions: { g: () => new Promise(() => undefined) } });
    first.kill();
    expect((await first.handle.closed).reason).toBe('lost');
    expect(functions.has('f')).toBe(true);
    const parked = Array.from({ length: 5 }, () => functions.invoke('f', {}));
    await clock.advance(3000);
    await using _second = await connectTestWorker(host.kernel, { owner: 'exec:0', retain: true, functions: { f: () => 'second' } });
    await expect(Promise.all(parked)).resolves.toEqual(Array(5).fill('second'));
    expect(functions.get('f')!.stats).toMatchObject({ calls: 5, errors: 0, inFlight: 0, maxDurationMs: 3000 });
    await inFlight[Symbol.asyncDispose]();
  });

  it('R3 waits five seconds, not longer than the deadline, and not at all when told so', async () => {
    const clock = new ManualClock();
    await using host = startKernel({ clock });
    const { functions } = host.kernel;
    const worker = await connectTestWorker(host.kernel, { owner: 'a', retain: true, functions: { f: () => 1 } });
    worker.kill();
    await worker.handle.closed;
    const byDefault = failureOf(functions.invoke('f', {}));
    const byDeadline = failureOf(functions.invoke('f', {}, { timeoutMs: 1000 }));
    expect(await failureOf(functions.invoke('f', {}, { parkMs: 0 }))).toMatchObject({ code: 'MOTIA_ENGINE_WORKER_UNAVAILABLE', status: 503, retryable: true });
    await clock.advance(1000);
    expect(await byDeadline).toMatchObject({ code: 'MOTIA_ENGINE_DEADLINE_EXCEEDED' });
    await clock.advance(3999);
    expect(functions.get('f')!.stats.inFlight).toBe(1);
    await clock.advance(1);
    expect(await byDefault).toMatchObject({ code: 'MOTIA_ENGINE_WORKER_UNAVAILABLE', details: { waitedMs: 5000 } });
  });

  it('R3 parks a bounded number of calls, and lets them be cancelled', async () => {
    await using host = startKernel({ limits: { maxParkedCalls: 2 } });
    const { functions } = host.kernel;
    const worker = await connectTestWorker(host.kernel, { owner: 'a', retain: true, functions: { f: () => 1 } });
    worker.kill();
    await worker.handle.closed;
    const first = functions.open('f', {});
    const second = functions.open('f', {});
    expect(await failureOf(functions.invoke('f', {}))).toMatchObject({ code: 'MOTIA_ENGINE_WORKER_UNAVAILABLE' });
    first.cancel('gone');
    expect(await failureOf(first.result)).toMatchObject({ code: 'MOTIA_ENGINE_CANCELLED' });
    const third = functions.open('f', {});
    await using _successor = await connectTestWorker(host.kernel, { owner: 'a', functions: { f: () => 2 } });
    await expect(Promise.all([second.result, third.result])).resolves.toEqual([2, 2]);
  });

  it('forgets what it kept on release: calls that wait fail, the function is unknown', async () => {
    await using host = startKernel();
    const { functions, workers, triggers } = host.kernel;
    const worker = await connectTestWorker(host.kernel, { owner: 'a', retain: true, functions: { f: () => 1 }, triggers: [{ type: 'http', functionId: 'f' }] });
    worker.kill();
    await worker.handle.closed;
    expect(triggers.list()).toHaveLength(1);
    const parked = failureOf(functions.invoke('f', {}));
    await workers.release('nobody');
    await workers.release('a');
    expect(await parked).toMatchObject({ code: 'MOTIA_ENGINE_WORKER_UNAVAILABLE' });
    expect(functions.has('f')).toBe(false);
    expect(triggers.list()).toEqual([]);
  });

  it('keeps routes bound through a crash, and drops what the successor no longer has in one change', async () => {
    await using host = startKernel();
    const changes: { added: string[]; removed: string[] }[] = [];
    await host.kernel.triggers.registerType(recordingType('http', changes));
    const trigger = (functionId: string) => ({ type: 'http', functionId, config: { p: functionId } });
    const first = await connectTestWorker(host.kernel, { owner: 'a', retain: true, functions: { old: () => 1 }, triggers: [trigger('same'), trigger('old')] });
    first.kill();
    await first.handle.closed;
    expect(changes).toHaveLength(1);
    await using _second = await connectTestWorker(host.kernel, { owner: 'a', retain: true, triggers: [trigger('same'), trigger('new')] });
    expect(changes.slice(1)).toEqual([{ added: ['new'], removed: ['old'] }]);
    expect(host.kernel.functions.has('old')).toBe(false);
  });

  it('serves from the other replica while one is away, without waiting', async () => {
    await using host = startKernel();
    const crashed = await connectTestWorker(host.kernel, { owner: 'r0', retain: true, functions: { f: () => 0 } });
    await using _other = await connectTestWorker(host.kernel, { owner: 'r1', retain: true, functions: { f: () => 1 } });
    crashed.kill();
    await crashed.handle.closed;
    await expect(Promise.all([1, 2, 3].map(() => host.kernel.functions.invoke('f', {}, { parkMs: 0 })))).resolves.toEqual([1, 1, 1]);
  });

  it('replaces the former connection of a worker that connects again, and only of its own place', async () => {
    await using host = startKernel();
    const stuck = await connectTestWorker(host.kernel, { owner: 'remote:1', functions: { f: () => 'stuck' } });
    await using other = await connectTestWorker(host.kernel, { owner: 'remote:2', functions: { g: () => 'other' } });
    const again = async (owner: string, previousWorkerId: string, id: string) => {
      const worker = await connectTestWorker(host.kernel, { owner, activation: 'manual', ready: false, functions: { [id]: () => 'again' } });
      (host.kernel.workers as unknown as { connections(): { id: string; identity: object }[] }).connections().find((connection) => connection.id === worker.handle.id)!.identity = { sdk: {}, previousWorkerId };
      void worker.endpoint.request('ready', {}).catch(() => undefined);
      await worker.handle.registered;
      await host.kernel.workers.activate({ arriving: [worker.handle], leaving: [] });
      return worker;
    };
    await using successor = await again('remote:1', stuck.handle.id, 'f');
    expect((await stuck.handle.closed).reason).toBe('lost');
    await expect(host.kernel.functions.invoke('f', {})).resolves.toBe('again');
    await using _rogue = await again('remote:9', other.handle.id, 'h');
    await turns();
    expect(other.handle.state).toBe('ready');
    expect(successor.handle.state).toBe('ready');
  });

  it('does not keep a worker that crashed before it was ready', async () => {
    await using host = startKernel();
    const worker = await connectTestWorker(host.kernel, { owner: 'a', retain: true, activation: 'manual', functions: { f: () => 1 } });
    await worker.handle.registered;
    worker.kill();
    await worker.handle.closed;
    expect(host.kernel.functions.has('f')).toBe(false);
  });
});
