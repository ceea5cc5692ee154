import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { connectTestWorker, type TestWorker } from '../../src/testing/connect-test-worker.js';
import { startKernel, turns } from '../functions/start-kernel.js';

const functionIds = ['f0', 'f1', 'f2', 'f3'];
const owners = ['o0', 'o1', 'o2'];

type Command =
  | { readonly do: 'attach'; readonly owner: string; readonly functions: readonly string[]; readonly retain: boolean; readonly manual: boolean }
  | { readonly do: 'activate'; readonly arriving: number; readonly leaving: number | undefined }
  | { readonly do: 'lose' | 'close' | 'drain'; readonly worker: number }
  | { readonly do: 'release'; readonly owner: string }
  | { readonly do: 'register' | 'unregister'; readonly worker: number; readonly functionId: string };

const worker = fc.nat({ max: 20 });
const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant('attach' as const), owner: fc.constantFrom(...owners), functions: fc.subarray(functionIds), retain: fc.boolean(), manual: fc.boolean() }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('activate' as const), arriving: worker, leaving: fc.option(worker, { nil: undefined }) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('lose' as const, 'close' as const, 'drain' as const), worker }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('release' as const), owner: fc.constantFrom(...owners) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('register' as const, 'unregister' as const), worker, functionId: fc.constantFrom(...functionIds) }) },
);

/** Who serves what, as one would write it down on paper. */
interface PlainWorker {
  readonly owner: string;
  readonly retain: boolean;
  readonly functions: Set<string>;
  state: 'standby' | 'ready' | 'draining' | 'closed';
  real: TestWorker;
}

class Model {
  readonly workers: PlainWorker[] = [];
  /** Owner to the lost worker whose functions are kept for it. */
  readonly kept = new Map<string, PlainWorker>();

  pick(index: number): PlainWorker | undefined {
    return this.workers.length === 0 ? undefined : this.workers[index % this.workers.length];
  }

  serving(functionId: string): readonly string[] {
    return this.workers.filter(({ state, functions }) => state === 'ready' && functions.has(functionId)).map(({ real }) => real.handle.id);
  }

  isKnown(functionId: string): boolean {
    return this.serving(functionId).length > 0 || [...this.kept.values()].some(({ functions }) => functions.has(functionId));
  }

  makeReady(arriving: PlainWorker): void {
    arriving.state = 'ready';
    this.kept.delete(arriving.owner);
  }

  /** Who leaves gets no new calls; who is lost already and leaves is not waited for any longer. */
  leave(leaving: PlainWorker): void {
    if (leaving.state !== 'closed') leaving.state = 'draining';
    else if (this.kept.get(leaving.owner) === leaving) this.kept.delete(leaving.owner);
  }

  lose(lost: PlainWorker): void {
    if (lost.state === 'ready' && lost.retain) this.kept.set(lost.owner, lost);
    lost.state = 'closed';
  }
}

async function run(commands: readonly Command[]): Promise<void> {
  await using host = startKernel();
  const { functions, triggers, workers } = host.kernel;
  const bound = new Set<string>();
  await triggers.registerType({
    type: 'x',
    config: { jsonSchema: {}, parse: (input) => input },
    apply({ added, removed }) {
      for (const { functionId } of removed) if (!bound.delete(functionId)) throw new Error(`${functionId} was not bound`);
      for (const { functionId } of added) {
        if (bound.has(functionId)) throw new Error(`${functionId} was bound twice`);
        bound.add(functionId);
      }
    },
  });
  const model = new Model();
  for (const step of commands) {
    await apply(step);
    check();
  }
  for (const { real } of model.workers) real.kill();
  await turns();

  async function apply(step: Command): Promise<void> {
    if (step.do === 'release') {
      await workers.release(step.owner);
      model.kept.delete(step.owner);
      return;
    }
    if (step.do === 'attach') {
      const real = await connectTestWorker(host.kernel, {
        owner: step.owner,
        retain: step.retain,
        heartbeatIntervalMs: 0,
        activation: step.manual ? 'manual' : 'auto',
        functions: Object.fromEntries(step.functions.map((id) => [id, () => id])),
        triggers: step.functions.map((functionId) => ({ id: functionId, type: 'x', functionId })),
      });
      await real.handle.registered;
      const plain: PlainWorker = { owner: step.owner, retain: step.retain, functions: new Set(step.functions), state: 'standby', real };
      model.workers.push(plain);
      if (!step.manual) model.makeReady(plain);
      return;
    }
    if (step.do === 'activate') {
      const arriving = model.pick(step.arriving);
      const leaving = step.leaving === undefined ? undefined : model.pick(step.leaving);
      if (arriving?.state !== 'standby' || leaving === arriving) return;
      await workers.activate({ arriving: [arriving.real.handle], leaving: leaving === undefined ? [] : [leaving.real.handle] });
      model.makeReady(arriving);
      if (leaving !== undefined) model.leave(leaving);
      return;
    }
    const plain = model.pick(step.worker);
    if (plain === undefined || plain.state === 'closed') return;
    const { real } = plain;
    if (step.do === 'lose') {
      real.kill();
      await real.handle.closed;
      model.lose(plain);
    } else if (step.do === 'close') {
      real.handle.close('left');
      plain.state = 'closed';
    } else if (step.do === 'drain') {
      await real.handle.drain(AbortSignal.timeout(1000));
      plain.state = 'draining';
    } else if ('functionId' in step && plain.state !== 'draining') {
      const { functionId } = step;
      if (step.do === 'register') {
        const { accepted } = await real.endpoint.request('functions/register', { functions: [{ id: functionId }] });
        await real.endpoint.request('triggers/register', { triggers: [{ id: functionId, type: 'x', functionId, config: {} }] });
        expect(accepted).toEqual(plain.functions.has(functionId) ? [] : [functionId]);
        plain.functions.add(functionId);
      } else {
        const { accepted } = await real.endpoint.request('functions/unregister', { ids: [functionId] });
        await real.endpoint.request('triggers/unregister', { ids: [functionId] });
        expect(accepted).toEqual(plain.functions.has(functionId) ? [functionId] : []);
        plain.functions.delete(functionId);
      }
    }
    await turns();
  }

  function check(): void {
    for (const id of functionIds) {
      const isKnown = model.isKnown(id);
      expect([id, functions.has(id)]).toEqual([id, isKnown]);
      expect([id, [...(functions.get(id)?.workerIds ?? [])].sort()]).toEqual([id, [...model.serving(id)].sort()]);
      expect([id, bound.has(id)]).toEqual([id, isKnown]);
    }
    const states = new Map(workers.list().map(({ id, state }) => [id, state]));
    for (const { real, state } of model.workers) expect(states.get(real.handle.id)).toBe(state === 'closed' ? undefined : state);
  }
}

describe('ownership of functions and triggers', () => {
  it('agrees with a plain model after any sequence of attach, activate, register, unregister, drain, close, loss and release', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(command, { minLength: 5, maxLength: 30 }), (commands) => run(commands)),
      { numRuns: 100 },
    );
  }, 60_000);
});
