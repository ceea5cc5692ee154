import { describe, expect, it } from '@jest/globals';
import { createEngine, noOptions, type Engine, type EngineOptions } from '../src/index.js';
import { defineModule, defineRef, TelemetrySinkRef, type HealthReporter, type MotiaError, type TelemetrySink } from '../src/contract/index.js';
import { ManualClock, memoryLogger, startTestHost } from '../src/testing/index.js';
import { Chicken, Egg } from './fixtures/plugins/cycle.js';
import { HangsOnDrain } from './fixtures/plugins/hangs-on-drain.js';
import { recorder } from './fixtures/plugins/recorder.js';
import { lifeOfThrowsOnStart, ThrowsOnStart } from './fixtures/plugins/throws-on-start.js';
import { WrongContract } from './fixtures/plugins/wrong-contract.js';

const quiet = (options: EngineOptions): Promise<Engine> => createEngine({ logger: memoryLogger(), environment: {}, ...options });
const failure = async (promise: Promise<unknown>): Promise<MotiaError> => {
  const outcome = await promise.then(() => undefined, (error: unknown) => error);
  if (outcome === undefined) throw new Error('it did not fail');
  return outcome as MotiaError;
};
const causesOf = (error: MotiaError): readonly MotiaError[] => (error.cause as AggregateError).errors as MotiaError[];

describe('createEngine', () => {
  it('creates all, starts all, drains all, and stops in reverse order', async () => {
    const events: string[] = [];
    const module = recorder(events);
    const engine = await quiet({ modules: [{ definition: module('a') }, { definition: module('b') }] });
    expect([engine.state, events]).toEqual(['idle', []]);
    await engine.start();
    expect([engine.state, engine.health.report().ready]).toEqual(['ready', true]);
    await engine.stop();
    expect(events).toEqual(['create a', 'create b', 'start a', 'start b', 'drain b', 'drain a', 'stop b', 'stop a']);
    expect([engine.state, engine.health.report().ready]).toEqual(['stopped', false]);
  });

  it('hands providers to those that require them, whatever the order of the list', async () => {
    const number = defineRef<{ value: number }>('test.number');
    const events: string[] = [];
    const module = recorder(events);
    let seen: unknown;
    const user = module('user', { requires: { number }, onCreate: (context) => void (seen = (context.services as Record<string, unknown>)['number']) });
    await using engine = await quiet({ modules: [{ definition: user }, { definition: module('provider', { provides: { number }, services: { number: { value: 7 } } }) }] });
    await engine.start();
    expect(events.slice(0, 2)).toEqual(['create provider', 'create user']);
    expect(seen).toEqual({ value: 7 });
    expect(engine.service(number).value).toBe(7);
  });

  it('starts and stops once, however often it is asked', async () => {
    const events: string[] = [];
    const engine = await quiet({ modules: [{ definition: recorder(events)('a') }] });
    await Promise.all([engine.start(), engine.start()]);
    await Promise.all([engine.stop(), engine.stop()]);
    await engine.stop();
    expect(events).toEqual(['create a', 'start a', 'drain a', 'stop a']);
    expect((await failure(engine.start())).code).toBe('MOTIA_ENGINE_LIFECYCLE_ILLEGAL');
  });

  it('stops without having been started, and cannot be started then', async () => {
    const events: string[] = [];
    const engine = await quiet({ modules: [{ definition: recorder(events)('a') }] });
    await engine.stop();
    expect([engine.state, events]).toEqual(['stopped', []]);
    expect((await failure(engine.start())).code).toBe('MOTIA_ENGINE_LIFECYCLE_ILLEGAL');
  });

  it('G3 creates nothing when any option of any module is wrong, and reports all of them', async () => {
    const events: string[] = [];
    const module = recorder(events);
    const error = await failure(quiet({ modules: [{ definition: module('a') }, { definition: module('b'), options: { prot: 1 } }, { definition: module('c'), options: { port: 'x' } }] }));
    expect(error.code).toBe('MOTIA_ENGINE_CONFIG_INVALID');
    expect((error.details as { problems: unknown[] }).problems).toEqual([
      { source: 'modules[1] (@test/module-b)', pointer: '/prot', problem: 'unknown key', suggestion: 'port' },
      { source: 'modules[2] (@test/module-c)', pointer: '/port', problem: 'must be a whole number, got text' },
    ]);
    expect(events).toEqual([]);
  });

  it('G3 stops everything already started when one module fails to start, and holds every cause', async () => {
    lifeOfThrowsOnStart.length = 0;
    const events: string[] = [];
    const module = recorder(events);
    const sick = module('sick', { life: { stop: async () => { throw new Error('will not stop either'); } } });
    const engine = await quiet({ modules: [{ definition: module('a') }, { definition: sick }, { definition: ThrowsOnStart }, { definition: module('never') }] });
    const error = await failure(engine.start());
    expect(error.code).toBe('MOTIA_ENGINE_START_FAILED');
    expect(causesOf(error).map(({ message }) => message)).toEqual([
      'throws-on-start failed in its start: the disk is on fire',
      'sick failed in its stop: will not stop either',
    ]);
    expect(events).toEqual(['create a', 'create sick', 'create never', 'start a', 'start sick', 'stop never', 'stop sick', 'stop a']);
    expect(lifeOfThrowsOnStart).toEqual(['stopped']);
    expect([engine.state, engine.health.report().status]).toEqual(['failed', 'unhealthy']);
    await engine.stop();
  });

  it('G3 reports every module that cannot be created, without those that only miss a failed one', async () => {
    const service = defineRef<object>('test.service');
    const events: string[] = [];
    const module = recorder(events);
    const broken = (name: string) => module(name, { provides: { service }, onCreate: () => { throw new Error(`${name} is broken`); } });
    const engine = await quiet({ modules: [{ definition: broken('one') }, { definition: module('user', { requires: { service } }) }, { definition: module('two', { onCreate: () => { throw new Error('two is broken'); } }) }, { definition: module('fine') }] });
    const error = await failure(engine.start());
    expect(causesOf(error).map(({ message }) => message)).toEqual(['one failed in its create: one is broken', 'two failed in its create: two is broken']);
    expect(events).toEqual(['create one', 'create two', 'create fine', 'stop fine']);
  });

  it('stops every module even if some fail, and throws one error with all causes', async () => {
    const events: string[] = [];
    const module = recorder(events);
    const failing = (name: string) => module(name, { life: { stop: async () => { throw new Error(`${name} failed`); } } });
    const engine = await quiet({ modules: [{ definition: failing('a') }, { definition: module('b') }, { definition: failing('c') }] });
    await engine.start();
    const error = await failure(engine.stop());
    expect(error.code).toBe('MOTIA_ENGINE_STOP_FAILED');
    expect(causesOf(error)).toHaveLength(2);
    expect(events.filter((event) => event.startsWith('stop'))).toEqual(['stop c', 'stop b', 'stop a']);
    expect(engine.state).toBe('stopped');
  });

  it.each([
    ['development', 3_000],
    ['production', 30_000],
  ] as const)('G1 gives a module that hangs in drain its deadline and then stops everything all the same: in %s after %s ms', async (mode, drainMs) => {
    const clock = new ManualClock();
    const events: string[] = [];
    const logger = memoryLogger();
    const engine = await quiet({ clock, logger, mode, modules: [{ definition: HangsOnDrain }, { definition: recorder(events)('b') }] });
    await engine.start();
    const stopping = engine.stop();
    await clock.advance(drainMs - 100);
    expect([engine.state, engine.health.report().ready]).toEqual(['draining', false]);
    await clock.advance('2s');
    await stopping;
    expect(events).toEqual(['create b', 'start b', 'drain b', 'stop b']);
    expect(logger.messages('warn')).toEqual([`hangs-on-drain did not finish its drain within ${drainMs} ms.`]);
  });

  it('G1 tells a draining module when its time is up, and lets a second stop cut the time short', async () => {
    const clock = new ManualClock();
    const reasons: unknown[] = [];
    const waits = recorder([])('waits', {
      life: { drain: (deadline) => new Promise((resolve) => deadline.addEventListener('abort', () => { reasons.push((deadline.reason as DOMException).name); resolve(); })) },
    });
    const first = await quiet({ clock, modules: [{ definition: waits }], timeouts: { drainMs: 5000 } });
    await first.start();
    const slow = first.stop();
    await clock.advance('5s');
    await slow;
    const second = await quiet({ clock, modules: [{ definition: waits }] });
    await second.start();
    const hurried = second.stop();
    void second.stop({ drainTimeoutMs: 0 });
    await hurried;
    expect(reasons).toEqual(['TimeoutError', 'AbortError']);
  });

  it('hands all modules one deadline and one interrupt, and Node warns of no leak however many of their parts listen', async () => {
    // getMaxListeners refuses a signal whose limit is 0.
    const limitOf = (signal: AbortSignal): unknown => Object.getOwnPropertySymbols(signal).filter(({ description }) => description === 'events.maxEventTargetListeners').map((key) => (signal as unknown as Record<symbol, unknown>)[key])[0];
    const limits: unknown[] = [];
    const listens = recorder([])('listens', { life: { start: async (interrupt) => void limits.push(limitOf(interrupt as AbortSignal)), drain: async (deadline) => void limits.push(limitOf(deadline)) } });
    const engine = await quiet({ modules: [{ definition: listens }] });
    await engine.start();
    await engine.stop();
    expect(limits).toEqual([0, 0]);
  });

  it('drains all modules at the same time, so that none waits for work that another one must end', async () => {
    let letGo: (() => void) | undefined;
    const released = new Promise<void>((resolve) => (letGo = resolve));
    const module = recorder([]);
    const engine = await quiet({ modules: [{ definition: module('a', { life: { drain: async () => letGo?.() } }) }, { definition: module('b', { life: { drain: () => released } }) }] });
    await engine.start();
    await engine.stop();
    expect(engine.state).toBe('stopped');
  });

  it('owns the deadline of create, start and stop', async () => {
    const never = (): Promise<void> => new Promise(() => undefined);
    for (const [phase, more, afterMs] of [['create', { onCreate: never }, 10_000], ['start', { life: { start: never } }, 30_000], ['stop', { life: { stop: never } }, 30_000]] as const) {
      const clock = new ManualClock();
      const engine = await quiet({ clock, modules: [{ definition: recorder([])('slow', more) }] });
      const outcome = failure(engine.start().then(() => engine.stop()));
      await clock.advance(afterMs);
      const [cause] = causesOf(await outcome);
      expect([cause?.code, cause?.message]).toEqual(['MOTIA_ENGINE_PHASE_TIMEOUT', `slow did not finish its ${phase} within ${afterMs} ms.`]);
    }
  });

  it('lets go of an instance that was created after its deadline', async () => {
    const clock = new ManualClock();
    const events: string[] = [];
    let finish: (() => void) | undefined;
    const late = recorder(events)('late', { onCreate: () => new Promise<void>((resolve) => (finish = resolve)) });
    const engine = await quiet({ clock, modules: [{ definition: late }] });
    const outcome = failure(engine.start());
    await clock.advance('10s');
    await outcome;
    finish?.();
    await clock.advance(1);
    expect(events).toEqual(['create late', 'stop late']);
  });

  it('can be stopped while it starts: nothing more is started, everything is stopped', async () => {
    const events: string[] = [];
    const module = recorder(events);
    let letGo: (() => void) | undefined;
    const slow = module('slow', { life: { start: () => new Promise<void>((resolve) => (letGo = resolve)) } });
    const engine = await quiet({ modules: [{ definition: slow }, { definition: module('after') }] });
    const starting = failure(engine.start());
    await new Promise((resolve) => setImmediate(resolve));
    const stopping = engine.stop();
    letGo?.();
    await stopping;
    expect((await starting).code).toBe('MOTIA_ENGINE_START_INTERRUPTED');
    expect(events).toEqual(['create slow', 'create after', 'start slow', 'stop after', 'stop slow']);
    expect(engine.state).toBe('stopped');
  });

  it('tells a module that is still starting when the engine is stopped', async () => {
    const events: string[] = [];
    const life = { start: (interrupt?: AbortSignal) => new Promise<void>((_, reject) => interrupt?.addEventListener('abort', () => reject(new Error('given up')))) };
    const engine = await quiet({ modules: [{ definition: recorder(events)('building', { life }) }] });
    const starting = failure(engine.start());
    await new Promise((resolve) => setImmediate(resolve));
    await engine.stop();
    expect((await starting).code).toBe('MOTIA_ENGINE_START_INTERRUPTED');
    expect([engine.state, events]).toEqual(['stopped', ['create building', 'start building', 'stop building']]);
  });

  it('refuses a module of another contract with one clear error', async () => {
    expect(await failure(quiet({ modules: [{ definition: WrongContract }] }))).toMatchObject({
      code: 'MOTIA_ENGINE_CONTRACT_MISMATCH',
      message: '@test/module-wrong-contract@7.1.0 is written for plugin contract 99; this engine speaks contract 1.',
    });
  });

  it('refuses modules that need each other before creating either', async () => {
    expect(await failure(quiet({ modules: [{ definition: Chicken }, { definition: Egg }] }))).toMatchObject({ code: 'MOTIA_ENGINE_DEPENDENCY_CYCLE', message: expect.stringContaining('chicken -> egg -> chicken') });
  });

  it('refuses a module that does not return what it provides', async () => {
    const engine = await quiet({ modules: [{ definition: recorder([])('liar', { provides: { thing: defineRef('test.thing') } }) }] });
    expect((await failure(engine.start())).message).toContain('it declares the service test.thing and did not return it as services.thing');
  });

  it('names instances after their packages and counts repetitions', async () => {
    const definition = recorder([])('exec');
    const engine = await quiet({ modules: [{ definition }, { definition }, { definition: { ...definition, name: '@acme/iii-kafka' } }] });
    expect(engine.modules().map(({ id }) => id)).toEqual(['exec', 'exec-2', 'kafka']);
    await engine.stop();
  });

  it('takes back what a module registered when the module has stopped', async () => {
    const definition = recorder([])('functions', { onCreate: (context) => void context.functions.register({ id: 'fn' }, () => 1) });
    const engine = await quiet({ modules: [{ definition }] });
    await engine.start();
    expect(await engine.functions.invoke('fn', {})).toBe(1);
    await engine.stop();
    expect(engine.functions.has('fn')).toBe(false);
  });

  it('lets functions be registered before it is started', async () => {
    await using engine = await quiet({});
    engine.functions.register({ id: 'early' }, (payload) => payload);
    await engine.start();
    expect(await engine.functions.invoke('early', { a: 1 })).toEqual({ a: 1 });
  });

  it('lets a telemetry sink say how console lines look, unless the program said so', async () => {
    const lines = (logging: EngineOptions['logging']): Promise<string> => {
      const written: string[] = [];
      const sink = { log: () => undefined, otlp: () => undefined, startSpan: () => { throw new Error('unused'); }, isEnabled: false, consoleLines: { level: 'debug', format: 'pretty' } } as unknown as TelemetrySink;
      const definition = defineModule({
        name: 'sink', version: '0.0.0', contract: 1, class: 'test::Sink', options: noOptions, provides: { sink: TelemetrySinkRef },
        create: async (context) => ({ services: { sink }, start: async () => context.logger.debug('careful') }),
      });
      const port = { isTerminal: false, wantsColour: false, write: (text: string) => written.push(text) > 0, onceDrained: () => undefined };
      return startTestHost([{ definition }], { logging: { ...logging, port } }).then(async (host) => {
        await host.stop();
        return written.join('');
      });
    };
    expect(await lines({})).toMatch(/^[^{]*careful/m);
    expect(await lines({ format: 'json', level: 'info' })).not.toMatch(/careful/);
  });

  it('shows parts of a module by their own names, for as long as it runs', async () => {
    let part: HealthReporter | undefined;
    const definition = recorder([])('whole', { onCreate: (context) => void (part = context.health.part('spans')) });
    const host = await startTestHost([{ definition }]);
    expect(host.health.report().components['spans']).toMatchObject({ status: 'healthy' });
    part?.set('degraded', 'full');
    expect(host.health.report()).toMatchObject({ status: 'degraded', components: { spans: { status: 'degraded', reason: 'full' }, whole: { status: 'healthy' } } });
    await host.stop();
    expect(host.health.report().components).not.toHaveProperty('spans');
  });

  it('is not ready while a module is unhealthy, and says which and why', async () => {
    let setHealth: ((status: 'unhealthy' | 'degraded' | 'healthy', reason?: string) => void) | undefined;
    const definition = recorder([])('sick', { onCreate: (context) => void (setHealth = (status, reason) => context.health.set(status, reason)) });
    await using host = await startTestHost([{ definition }, { definition: recorder([])('well') }]);
    expect(host.health.report()).toMatchObject({ status: 'healthy', ready: true, components: { sick: { status: 'healthy' }, well: { status: 'healthy' } } });
    setHealth?.('degraded', 'slow disk');
    expect(host.health.report()).toMatchObject({ status: 'degraded', ready: true, components: { sick: { reason: 'slow disk' } } });
    setHealth?.('unhealthy', 'no disk');
    expect(host.health.report()).toMatchObject({ status: 'unhealthy', ready: false });
    setHealth?.('healthy');
    expect(host.health.report()).toMatchObject({ status: 'healthy', ready: true });
  });

  it('says which service nobody provides', async () => {
    await using engine = await quiet({});
    expect(() => engine.service(defineRef('test.nothing'))).toThrow('No module of this engine provides the service test.nothing.');
  });
});
