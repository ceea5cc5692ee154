import { createServer } from 'node:net';
import { Type } from '@sinclair/typebox';
import { describe, expect, it } from '@jest/globals';
import { defineModule, type AnyModuleDefinition, type Lifecycle, type PluginContext } from '../src/contract/index.js';
import { defineOptions } from '../src/index.js';
import { moduleConformance, type ModuleConformanceOptions, type TestRunner } from '../src/testing/index.js';
import { WellBehaved } from './fixtures/plugins/well-behaved.js';

moduleConformance({ describe, it, expect }, {
  definition: WellBehaved,
  options: () => ({ tick: { periodMs: 50 } }),
  invalid: [{ options: { port: -1 }, pointer: '/port' }, { options: { tick: { periodMs: 0 } }, pointer: '/tick/periodMs' }, { options: 7, pointer: '' }],
  works: async (host) => expect(await host.functions.invoke('well-behaved::ping', {})).toBe('pong'),
});

/** Runs the suite without a test runner and answers the titles that fail. */
async function failuresOf(subject: ModuleConformanceOptions): Promise<readonly string[]> {
  const cases: { readonly title: string; readonly body: () => Promise<void> }[] = [];
  const runner: TestRunner = {
    describe: (_title, body) => body(),
    it: (title, body) => cases.push({ title, body }),
    expect: (actual) => ({ toEqual: (expected) => expect(actual).toEqual(expected) }),
  };
  moduleConformance(runner, subject);
  const failed: string[] = [];
  for (const { title, body } of cases) await body().catch(() => failed.push(title));
  return failed;
}

const misbehaved = (life: (context: PluginContext) => Lifecycle, more: Partial<AnyModuleDefinition> = {}): ModuleConformanceOptions => ({
  definition: {
    ...defineModule({
      name: '@test/module-misbehaved', version: '1.0.0', contract: 1, class: 'test::Misbehaved',
      options: defineOptions(Type.Object({ port: Type.Integer({ default: 0, description: 'A port.' }) })),
      create: async (context) => ({ services: {}, ...life(context) }),
    }),
    ...more,
  },
});

describe('the conformance suite for modules', () => {
  it('passes a module that does nothing', async () => {
    expect(await failuresOf(misbehaved(() => ({})))).toEqual([]);
  });

  it('catches a timer that is set before start', async () => {
    expect(await failuresOf(misbehaved((context) => {
      const timer = context.clock.setInterval(() => undefined, 1000);
      return { stop: async () => context.clock.clear(timer) };
    }))).toEqual(['opens nothing before it is started']);
  });

  it('catches a port that is opened before start', async () => {
    const definition = misbehaved(() => ({})).definition;
    expect(await failuresOf({
      definition: {
        ...definition,
        create: async () => {
          const server = createServer();
          await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
          let isOpen = true;
          return {
            services: {},
            stop: async () => {
              if (isOpen) await new Promise<void>((resolve) => server.close(() => resolve()));
              isOpen = false;
            },
          };
        },
      },
    })).toEqual(['opens nothing before it is started']);
  });

  it('catches what is left behind after a stop', async () => {
    const left: (() => void)[] = [];
    expect(await failuresOf(misbehaved(() => ({
      start: async () => {
        const server = createServer();
        await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
        left.push(() => server.close());
      },
    })))).toEqual(['starts, drains and stops, and leaves nothing behind', 'lets go of everything when its start failed']);
    for (const close of left) close();
  });

  it('catches a hold on the process that is not given up', async () => {
    const left: (() => void)[] = [];
    expect(await failuresOf(misbehaved(({ clock }) => ({
      start: async () => {
        const hold = clock.hold();
        hold.set(true);
        left.push(() => hold.set(false));
      },
    })))).toEqual(['starts, drains and stops, and leaves nothing behind']);
    for (const release of left) release();
  });

  it('catches a signal handler', async () => {
    const handler = (): void => undefined;
    expect(await failuresOf(misbehaved(() => ({ start: async () => void process.on('SIGTERM', handler), stop: async () => void process.off('SIGTERM', handler) })))).toEqual(['installs no listener on the process while it runs']);
  });

  it('catches a second stop that throws, a stop that needs a start, and a drain that ignores its deadline', async () => {
    expect(await failuresOf(misbehaved(() => {
      let isStarted = false;
      let stops = 0;
      return {
        start: async () => void (isStarted = true),
        drain: async (deadline) => new Promise<void>((resolve) => void (deadline.reason === undefined ? resolve() : setTimeout(resolve, 2500))),
        stop: async () => {
          stops += 1;
          if (!isStarted || stops > 1) throw new Error('not now');
        },
      };
    }))).toEqual(['stops without having been started', 'may be stopped twice', 'drains at once when its deadline has passed already']);
  }, 20_000);

  it('catches options that are not described, not closed, or accept what must be refused', async () => {
    const open = defineOptions(Type.Object({ port: Type.Optional(Type.Any()) }, { additionalProperties: true }));
    expect(await failuresOf({ ...misbehaved(() => ({}), { options: open }), invalid: [{ options: { port: 'x' }, pointer: '/port' }] })).toEqual([
      'describes every option', 'refuses a key that it does not know, and names it', 'refuses {"port":"x"}, pointing at /port',
    ]);
  });

  it('catches a module that cannot start twice', async () => {
    let isTaken = false;
    const failed = await failuresOf(misbehaved(() => ({
      start: async () => {
        if (isTaken) throw new Error('taken');
        isTaken = true;
      },
    })));
    expect(failed).toContain('starts again as a new instance');
  });
});
