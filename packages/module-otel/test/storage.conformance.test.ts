import { describe, expect, it } from '@jest/globals';
import { temporaryFolder } from '@motia/tools/testing';
import { otel } from '../src/index.js';
import { storageConformance } from '../src/testing/index.js';
import { emptyShelf, plainStorage } from './fixtures/plain-storage.js';

const runner = { describe, it, expect };

storageConformance(runner, {
  name: 'the memory of the module',
  survivesRestarts: false,
  start: async () => ({ modules: [otel()], [Symbol.asyncDispose]: async () => undefined }),
});

storageConformance(runner, {
  name: 'telemetry.db',
  survivesRestarts: true,
  start: async () => {
    const folder = temporaryFolder('otel-storage');
    return { modules: [otel({ exporter: 'sqlite', data_dir: folder.path })], [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
  },
});

storageConformance(runner, {
  name: 'a storage by somebody else',
  survivesRestarts: true,
  start: async () => ({ modules: [otel({ adapter: { class: 'acme::PlainStorage' } })], definitions: [plainStorage(emptyShelf())], [Symbol.asyncDispose]: async () => undefined }),
});

describe('the option adapter', () => {
  it('chooses the storage by its class, the built-in one included', async () => {
    await using folder = temporaryFolder('otel-storage');
    const { startOtel } = await import('./fixtures/start-otel.js');
    const sqlite = 'modules::observability::adapters::SqliteStorage';
    await using engine = await startOtel({ adapter: { class: sqlite, config: { directory: folder.path } } });
    await engine.run('greet');
    expect((await engine.list()).total).toBe(1);
    expect(await engine.call('engine::telemetry::stats')).toMatchObject({ kept: { traces: sqlite, logs: sqlite, metrics: sqlite }, storage: { dropped_spans: 0, dropped_logs: 0 } });
    await expect(startOtel({ adapter: { class: 'acme::Nobody' } })).rejects.toMatchObject({ code: expect.stringMatching(/^MOTIA_ENGINE_/) });
    await expect(startOtel({ exporter: 'sqlite', adapter: { class: 'acme::PlainStorage' } }, { definitions: [plainStorage(emptyShelf())] })).rejects.toThrow(/storage/);
  });

  it('may name a storage that fails when it is looked after: nothing ends for it', async () => {
    const { startOtel } = await import('./fixtures/start-otel.js');
    const shelf = { ...emptyShelf(), isStuck: true };
    await using engine = await startOtel({ adapter: { class: 'acme::PlainStorage' }, alerts: [{ name: 'busy', metric: 'iii.invocations.total', threshold: 0 }] }, { definitions: [plainStorage(shelf)] });
    await engine.run('greet');
    await engine.clock.advance('10s');
    expect(await engine.call('engine::alerts::list')).toMatchObject({ alerts: [{ firing: true }] });
  });
});
