import type { AnyModuleDefinition, Lifecycle, ModuleUse, PluginContext } from '../contract/module.js';
import type { OptionProblem } from '../contract/options.js';
import { CONTRACT_VERSION } from '../contract/module.js';
import { checkDefinition } from '../loader/definition-shape.js';
import { isPlainObject } from '../options/plain-data.js';
import { isMotiaError } from '@motia/protocol';
import { countingClock, leakCheck, type CountingClock } from './leak-check.js';
import { startTestHost, type TestHost } from './start-test-host.js';

/** What the suite needs of a test runner: `{ describe, it, expect }` of jest, vitest or node:test with an adapter. */
export interface TestRunner {
  readonly describe: (title: string, body: () => void) => unknown;
  readonly it: (title: string, body: () => Promise<void>) => unknown;
  readonly expect: (actual: unknown) => { toEqual(expected: unknown): unknown };
}

export interface ModuleConformanceOptions {
  readonly definition: AnyModuleDefinition;
  /** Options that start anywhere, any number of times: port 0, files in a temporary folder. Called once per instance. */
  readonly options?: () => unknown;
  /** Options that must be refused, with the JSON pointer of the problem. At least one is worth having. */
  readonly invalid?: readonly { readonly options: unknown; readonly pointer: string }[];
  /** Modules that it requires. */
  readonly support?: () => readonly ModuleUse[];
  /** Runs against a started host: that the module works at all. */
  readonly works?: (host: TestHost) => Promise<void>;
}

/** How long a drain may take to notice that its deadline has passed. */
const promptMs = 2_000;

/**
 * What every module promises its host, as tests of the module's own suite:
 * `moduleConformance({ describe, it, expect }, { definition: QueueModule, options: () => ({ … }) })`.
 */
export function moduleConformance({ describe, it, expect }: TestRunner, subject: ModuleConformanceOptions): void {
  const { definition, support = () => [], works } = subject;
  const options = (): unknown => subject.options?.();

  /** Makes a host for the module, with its lifecycle changed by `around`. */
  const host = (around: Around = (lifecycle) => lifecycle, start = true): Promise<TestHost> =>
    startTestHost([...support(), { definition: observed(definition, around), options: options() }], { start });

  describe(`${definition.name} as a module`, () => {
    describe('as a definition', () => {
      it('is one that this engine loads', async () => {
        expect(checkDefinition(definition, definition.name).contract).toEqual(CONTRACT_VERSION);
      });

      it('describes every option', async () => {
        expect(undescribed(definition.options.jsonSchema, '')).toEqual([]);
      });

      it('refuses a key that it does not know, and names it', async () => {
        const given = options();
        const problems = problemsOf(definition, { ...(isPlainObject(given) ? given : {}), noSuchOption: true });
        expect(problems.map(({ pointer }) => pointer)).toEqual(['/noSuchOption']);
      });

      it('gives back frozen options', async () => {
        expect(Object.isFrozen(definition.options.parse(options()))).toEqual(true);
      });

      for (const { options: wrong, pointer } of subject.invalid ?? []) {
        it(`refuses ${JSON.stringify(wrong)}, pointing at ${pointer === '' ? 'the whole' : pointer}`, async () => {
          expect(problemsOf(definition, wrong).map((problem) => problem.pointer).includes(pointer)).toEqual(true);
        });
      }
    });

    describe('through its life', () => {
      it('opens nothing before it is started', async () => {
        const check = await leakCheck();
        let found: readonly string[] | undefined;
        const stopped = await host((lifecycle, clock) => ({
          ...bound(lifecycle),
          start: async () => {
            found = [...(await check.leaks()), ...lentBy(clock)];
            throw new Error('seen enough');
          },
        }), false);
        await stopped.start().catch(() => undefined);
        expect(found).toEqual([]);
      });

      it('stops without having been started', async () => {
        const check = await leakCheck();
        let hasStopped = false;
        const never = await host((lifecycle) => ({
          ...bound(lifecycle),
          start: async () => {
            await lifecycle.stop?.();
            hasStopped = true;
            throw new Error('never started');
          },
        }), false);
        await never.start().catch(() => undefined);
        expect(hasStopped).toEqual(true);
        expect(await check.leaks()).toEqual([]);
      });

      it('starts, drains and stops, and leaves nothing behind', async () => {
        const check = await leakCheck();
        let clockOfModule: CountingClock | undefined;
        const running = await host((lifecycle, clock) => {
          clockOfModule = clock;
          return lifecycle;
        });
        await works?.(running);
        await running.stop();
        expect(running.state).toEqual('stopped');
        expect(running.functions.list({ includeInternal: true }).filter(({ owner }) => owner === running.modules().at(-1)?.id)).toEqual([]);
        expect([...(await check.leaks()), ...lentBy(clockOfModule)]).toEqual([]);
      });

      it('installs no listener on the process while it runs', async () => {
        const check = await leakCheck();
        const running = await host();
        const found = check.listeners();
        await running.stop();
        expect(found).toEqual([]);
      });

      it('may be stopped twice', async () => {
        const running = await host((lifecycle) => ({
          ...bound(lifecycle),
          stop: async () => {
            await lifecycle.stop?.();
            await lifecycle.stop?.();
          },
        }));
        await running.stop();
        expect(running.state).toEqual('stopped');
      });

      it('lets go of everything when its start failed', async () => {
        const check = await leakCheck();
        const failing = await host((lifecycle) => ({
          ...bound(lifecycle),
          start: async () => {
            await lifecycle.start?.();
            throw new Error('failed after it had opened everything');
          },
        }), false);
        const outcome = await failing.start().then(() => 'started', (error: unknown) => (isMotiaError(error) ? error.code : String(error)));
        expect(outcome).toEqual('MOTIA_ENGINE_START_FAILED');
        expect(await check.leaks()).toEqual([]);
      });

      it('starts again as a new instance', async () => {
        for (let round = 0; round < 2; round += 1) {
          const running = await host();
          await works?.(running);
          await running.stop();
        }
        const last = await host();
        expect(last.health.report().ready).toEqual(true);
        await last.stop();
      });

      it('drains at once when its deadline has passed already', async () => {
        let tookMs: number | undefined;
        const running = await host((lifecycle) => ({
          ...bound(lifecycle),
          drain: async () => {
            const begunAtMs = performance.now();
            await lifecycle.drain?.(AbortSignal.abort(new DOMException('no time', 'TimeoutError')));
            tookMs = performance.now() - begunAtMs;
          },
        }));
        await running.stop();
        expect(tookMs !== undefined && tookMs < promptMs).toEqual(true);
      });

      it('reports its health', async () => {
        const running = await host();
        const id = running.modules().at(-1)?.id ?? '';
        const status = running.health.report().components[id]?.status;
        await running.stop();
        expect(status === 'healthy' || status === 'degraded').toEqual(true);
      });
    });
  });
}

type Around = (lifecycle: Lifecycle, clock: CountingClock) => Lifecycle;

/** The same definition with its timers counted and its lifecycle changed on the way to the host. */
function observed(definition: AnyModuleDefinition, around: Around): AnyModuleDefinition {
  return {
    ...definition,
    async create(context: PluginContext, options: never) {
      const clock = countingClock(context.clock);
      const lifecycle = await definition.create({ ...context, clock } as never, options);
      const { start, drain, stop } = bound(around(lifecycle, clock));
      return { services: lifecycle.services as Record<string, never>, start, drain, stop };
    },
  };
}

/** What was taken of the clock and not given back. */
function lentBy(clock: CountingClock | undefined): readonly string[] {
  if (clock === undefined) return [];
  return [...(clock.pendingTimers === 0 ? [] : [`${clock.pendingTimers} timer(s)`]), ...(clock.holds === 0 ? [] : [`${clock.holds} hold(s) on the process`])];
}

/** Keeps `this` of lifecycles that are class instances. */
function bound(lifecycle: Lifecycle): Required<Lifecycle> {
  return {
    start: async (interrupt) => lifecycle.start?.(interrupt),
    drain: async (deadline) => lifecycle.drain?.(deadline),
    stop: async () => lifecycle.stop?.(),
  };
}

function problemsOf(definition: AnyModuleDefinition, options: unknown): readonly OptionProblem[] {
  try {
    definition.options.parse(options);
    return [];
  } catch (error) {
    if (!isMotiaError(error, 'MOTIA_ENGINE_OPTIONS_INVALID')) throw error;
    return (error.details as { readonly problems: readonly OptionProblem[] }).problems;
  }
}

/** Pointers of options without a description, members of maps and lists included. */
function undescribed(schema: unknown, pointer: string): readonly string[] {
  if (!isPlainObject(schema)) return [];
  const inside = Object.entries(isPlainObject(schema['properties']) ? schema['properties'] : {}).flatMap(([key, member]) => [
    ...(isPlainObject(member) && typeof member['description'] === 'string' && member['description'] !== '' ? [] : [`${pointer}/${key}`]),
    ...undescribed(member, `${pointer}/${key}`),
  ]);
  const branches = ['anyOf', 'oneOf', 'allOf'].flatMap((key) => (Array.isArray(schema[key]) ? schema[key].flatMap((branch) => undescribed(branch, pointer)) : []));
  return [...inside, ...branches, ...undescribed(schema['items'], `${pointer}/*`)];
}
