import { Type } from '@sinclair/typebox';
import { describe, expect, it } from '@jest/globals';
import { createEngine, defineOptions, type Engine, type EngineOptions } from '../src/index.js';
import { defineAdapter, defineModule, defineRef, type AdapterSlot, type MotiaError, type PluginChoice } from '../src/contract/index.js';
import { memoryLogger } from '../src/testing/index.js';
import { recorder } from './fixtures/plugins/recorder.js';

interface Store {
  readonly path: string;
}
const StoreSlot: AdapterSlot<Store, 'durable' | 'shared'> = { id: 'test.store', capabilities: ['durable', 'shared'], fallback: 'test::MemoryStore' };
const otherSlot: AdapterSlot<object> = { id: 'test.other', capabilities: [], fallback: 'test::None' };
const events: string[] = [];

const storeAdapter = (name: string, capabilities: readonly 'durable'[]) =>
  defineAdapter({
    name: `@test/${name}`, version: '1.0.0', contract: 1, class: `test::${name}`, slot: StoreSlot, capabilities,
    options: defineOptions(Type.Object({ path: Type.String({ default: ':memory:' }) })),
    create: async (_context, options) => ({
      service: { path: options.path },
      start: async () => void events.push(`start ${name}`),
      drain: async () => void events.push(`drain ${name}`),
      stop: async () => void events.push(`stop ${name}`),
    }),
  });
const MemoryStore = storeAdapter('MemoryStore', []);
const FileStore = storeAdapter('FileStore', ['durable']);
const Foreign = defineAdapter({ name: '@test/foreign', version: '1.0.0', contract: 1, class: 'test::Foreign', slot: otherSlot, capabilities: [], options: FileStore.options, create: async () => ({ service: {} }) });

let got: { readonly service: Store; readonly supports: ReadonlySet<string> } | undefined;
let choice: PluginChoice | undefined;
const User = {
  ...recorder(events)('user', { onCreate: async (context) => void (got = await context.adapter(StoreSlot, choice)) }),
  options: defineOptions(Type.Object({ adapter: Type.Optional(Type.Object({ class: Type.String(), config: Type.Optional(Type.Unknown()) })) })),
};
const definitions = [MemoryStore, FileStore, Foreign];

async function run(given: PluginChoice | undefined, options: EngineOptions = {}): Promise<Engine> {
  events.length = 0;
  got = undefined;
  choice = given;
  const engine = await createEngine({ modules: [{ definition: User, options: given === undefined ? {} : { adapter: given } }], definitions, logger: memoryLogger(), ...options });
  await engine.start();
  return engine;
}
const failure = (given: PluginChoice): Promise<MotiaError> => run(given).then(() => { throw new Error('it was accepted'); }, (error: unknown) => error as MotiaError);

describe('adapters', () => {
  it('start before the module that asked for them and stop after it', async () => {
    const engine = await run({ class: 'test::FileStore', config: { path: '/data' } });
    expect(got).toEqual({ service: { path: '/data' }, supports: new Set(['durable']) });
    expect(Object.keys(engine.health.report().components)).toEqual(['user', 'user/adapter']);
    await engine.stop();
    expect(events).toEqual(['create user', 'start FileStore', 'start user', 'drain user', 'drain FileStore', 'stop user', 'stop FileStore']);
  });

  it('are the fallback of the slot when the configuration names none', async () => {
    await using _engine = await run(undefined);
    expect(got?.service.path).toBe(':memory:');
  });

  it('G3 have their class and options proven before anything is created', async () => {
    expect(await failure({ class: 'test::FileStor' })).toMatchObject({ code: 'MOTIA_ENGINE_CONFIG_INVALID', message: expect.stringContaining('/adapter/class: unknown class test::FileStor; no adapter of that class path is known (did you mean "test::FileStore"?)') });
    expect(await failure({ class: 'test::FileStore', config: { pth: 1 } })).toMatchObject({ code: 'MOTIA_ENGINE_CONFIG_INVALID', message: expect.stringContaining('/adapter/config/pth: unknown key (did you mean "path"?)') });
    expect(events).toEqual([]);
  });

  it('must be made for the slot', async () => {
    const error = await failure({ class: 'test::Foreign' });
    expect((error.cause as AggregateError).errors).toEqual([expect.objectContaining({ code: 'MOTIA_ENGINE_ADAPTER_MISMATCH', message: 'test::Foreign cannot fill the slot test.store: it was made for the slot test.other.' })]);
  });

  it('must not claim capabilities that the slot does not know', async () => {
    const boastful = { ...FileStore, class: 'test::Boastful', capabilities: ['flying'] as never };
    await expect(createEngine({ definitions: [boastful] })).rejects.toMatchObject({ code: 'MOTIA_ENGINE_DEFINITION_INVALID', message: expect.stringContaining('the slot test.store knows no capability "flying"') });
  });

  describe('that require a service', () => {
    const DiskRef = defineRef<{ readonly folder: string }>('test.disk');
    const Disk = defineModule({
      name: '@test/module-disk', version: '1.0.0', contract: 1, class: 'test::Disk', startsFirst: true, provides: { disk: DiskRef },
      options: defineOptions(Type.Object({ folder: Type.String({ default: './data' }) })),
      create: async (_context, options) => ({
        services: { disk: { folder: options.folder } },
        start: async () => void events.push('start disk'),
        stop: async () => void events.push('stop disk'),
      }),
    });
    const onDisk = (brings: readonly (typeof Disk)[]) =>
      defineAdapter({
        name: '@test/on-disk', version: '1.0.0', contract: 1, class: 'test::OnDisk', slot: StoreSlot, capabilities: [], options: FileStore.options, requires: { disk: DiskRef }, brings,
        create: async (context) => ({ service: { path: context.services.disk.folder }, start: async () => void events.push('start OnDisk'), stop: async () => void events.push('stop OnDisk') }),
      });
    const asked = { class: 'test::OnDisk' };

    it('bring its module when nothing provides it; it starts before them and stops after them', async () => {
      const engine = await run(asked, { definitions: [onDisk([Disk])] });
      expect(got?.service.path).toBe('./data');
      expect(engine.modules().map(({ id }) => id)).toEqual(['user', 'disk']);
      await engine.stop();
      expect(events).toEqual(['create user', 'start disk', 'start OnDisk', 'start user', 'drain user', 'stop user', 'stop OnDisk', 'stop disk']);
    });

    it('use the module that the configuration names, wherever it stands in it', async () => {
      await using engine = await run(asked, {
        definitions: [onDisk([Disk])],
        modules: [{ definition: User, options: { adapter: asked } }, { definition: Disk, options: { folder: '/big' } }],
      });
      expect(got?.service.path).toBe('/big');
      expect(engine.modules().map(({ id }) => id)).toEqual(['user', 'disk']);
    });

    it('say which service is missing when nobody brings it', async () => {
      const error = await run(asked, { definitions: [onDisk([])] }).then(() => undefined, (thrown: unknown) => thrown as MotiaError);
      expect((error?.cause as AggregateError).errors).toEqual([expect.objectContaining({ code: 'MOTIA_ENGINE_SERVICE_MISSING', message: expect.stringContaining('test.disk') })]);
    });
  });
});
