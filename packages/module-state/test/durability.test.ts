import { openSync, closeSync, readFileSync, writeSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { StateServiceRef } from '@motia/engine-core/contract';
import { startTestHost, type TestHost } from '@motia/engine-core/testing';
import { sqliteStore } from '@motia/store-sqlite';
import { temporaryFolder } from '@motia/tools/testing';
import { KvStore, state, type StateInput } from '../src/index.js';

const onFile = (folder: string, more: Readonly<Record<string, unknown>> = {}): StateInput => ({ adapter: { class: KvStore.class, config: { store_method: 'file_based', file_path: folder, ...more } } });
const start = (folder: string, { shared = false }: { readonly shared?: boolean } = {}): Promise<TestHost> => startTestHost([sqliteStore({ shared }), state(onFile(folder))], { definitions: [KvStore] });
const call = (host: TestHost, functionId: string, payload: object): Promise<unknown> => host.functions.invoke(functionId, payload);
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
}

/** In every place where the text stands. */
function flipBit(file: string, text: string): void {
  const content = readFileSync(file);
  const places: number[] = [];
  for (let at = content.indexOf(text); at !== -1; at = content.indexOf(text, at + 1)) places.push(at);
  if (places.length === 0) throw new Error(`${text} is not in ${file}`);
  const descriptor = openSync(file, 'r+');
  for (const at of places) writeSync(descriptor, Buffer.from(String.fromCharCode(text.charCodeAt(0) ^ 1)), 0, 1, at);
  closeSync(descriptor);
}

describe('S1 S2 64 writers at once', () => {
  it('increment one counter 10,000 times and end at exactly 10,000', async () => {
    await using folder = temporaryFolder('state');
    await using host = await start(folder.path);
    let left = 10_000;
    const versions = new Set<number>();
    await Promise.all(Array.from({ length: 64 }, async () => {
      while (left > 0) {
        left -= 1;
        const { version } = (await call(host, 'state::update', { scope: 's', key: 'counter', ops: [{ type: 'increment', path: ['total', 'count'], by: 1 }] })) as { version: number };
        versions.add(version);
      }
    }));
    expect(await call(host, 'state::get', { scope: 's', key: 'counter', with_version: true })).toMatchObject({ value: { total: { count: 10_000 } }, version: 10_000 });
    expect(versions.size).toBe(10_000);
  }, 60_000);
});

describe('#14 a bit that flipped in a stored value', () => {
  it('is a coded error for its key; the engine is up, says so, and the key heals when it is set or deleted', async () => {
    await using folder = temporaryFolder('state');
    const before = await start(folder.path);
    for (const key of ['a', 'b', 'c']) await call(before, 'state::set', { scope: 's', key, value: `marker-of-${key}` });
    await call(before, 'state::set', { scope: 't', key: 'a', value: 1 });
    await before.stop();
    for (const key of ['b', 'c']) flipBit(folder.file('motia.db'), `marker-of-${key}"`);

    await using host = await start(folder.path);
    const corrupt = (key: string) => ({ code: 'MOTIA_STATE_VALUE_CORRUPT', details: { scope: 's', key } });
    await expect(call(host, 'state::get', { scope: 's', key: 'b' })).rejects.toMatchObject({ ...corrupt('b'), details: { scope: 's', key: 'b', legacyCode: 'GET_ERROR' } });
    await expect(call(host, 'state::update', { scope: 's', key: 'b', ops: [] })).rejects.toMatchObject(corrupt('b'));
    await expect(call(host, 'state::list', { scope: 's' })).rejects.toMatchObject(corrupt('b'));
    expect(await call(host, 'state::get', { scope: 's', key: 'a' })).toBe('marker-of-a');
    expect(await call(host, 'state::list', { scope: 't' })).toEqual([1]);
    expect(host.health.report()).toMatchObject({ ready: true, status: 'degraded' });
    expect(host.logs.find('A row of the store is not what was written')).toMatchObject({ level: 'error' });

    expect(await call(host, 'state::set', { scope: 's', key: 'b', value: 'anew' })).toEqual({ old_value: null, new_value: 'anew', version: 1 });
    await call(host, 'state::delete', { scope: 's', key: 'c' });
    expect(await call(host, 'state::list', { scope: 's' })).toEqual(['marker-of-a', 'anew']);
    expect(await call(host, 'state::get', { scope: 's', key: 'c' })).toBeUndefined();
    const { entries } = (await call(host, 'state::history', { scope: 's', key: 'b' })) as { entries: Record<string, unknown>[] };
    expect(entries.map(({ version, after, after_unknown }) => [version, after, after_unknown])).toEqual([[1, 'anew', undefined], [1, undefined, true]]);
  });

  it('in the history leaves out that value alone', async () => {
    await using folder = temporaryFolder('state');
    const before = await start(folder.path);
    for (const value of ['history-one', 'history-two', 'history-three']) await call(before, 'state::set', { scope: 's', key: 'k', value });
    await before.stop();
    flipBit(folder.file('motia.db'), 'history-two"');
    await using host = await start(folder.path);
    const { entries } = (await call(host, 'state::history', { scope: 's', key: 'k' })) as { entries: Record<string, unknown>[] };
    expect(entries.map(({ before: old, after, before_unknown, after_unknown }) => [old, after, before_unknown, after_unknown])).toEqual([
      [undefined, 'history-three', true, undefined], ['history-one', undefined, undefined, true], [undefined, 'history-one', undefined, undefined],
    ]);
  });
});

describe('where state is kept', () => {
  const config = (text: string) => ({ config: { modules: [{ class: 'modules::store::SqliteStore' }, { class: 'modules::state::StateModule', ...(text === '' ? {} : { config: { adapter: { class: KvStore.class, config: JSON.parse(text) as unknown } } }) }] } });

  it('S4 is memory in programs, and a file where a config.yaml, or a path, says so', async () => {
    await using folder = temporaryFolder('state');
    await using program = await startTestHost([state()], { baseDir: folder.path });
    expect(program.service(StateServiceRef).store).toMatchObject({ durability: 'memory', file: undefined });
    expect(program.logs.messages('warn')).toEqual([]);
    await using named = await startTestHost([state({ adapter: { class: KvStore.class, config: { file_path: 'own' } } })], { baseDir: folder.path });
    expect(named.service(StateServiceRef).store).toMatchObject({ durability: 'full', file: folder.file('own', 'motia.db') });
    await using normal = await startTestHost([state({ adapter: { class: KvStore.class, config: { store_method: 'file_based', file_path: 'normal', durability: 'normal' } } })], { baseDir: folder.path });
    expect(normal.service(StateServiceRef).store).toMatchObject({ durability: 'normal' });
    await using plain = await startTestHost([], { ...config(''), baseDir: folder.path });
    expect(plain.service(StateServiceRef).store).toMatchObject({ durability: 'memory' });
  });

  it('S4 in memory is warned about where a file set the engine up, and so are options without effect', async () => {
    await using folder = temporaryFolder('state');
    const { writeFileSync } = await import('node:fs');
    writeFileSync(folder.file('default.yaml'), 'modules:\n  - class: modules::state::StateModule\n');
    writeFileSync(folder.file('memory.yaml'), 'modules:\n  - class: modules::state::StateModule\n    config: { adapter: { class: "modules::state::adapters::KvStore", config: { store_method: in_memory, file_path: ./x, save_interval_ms: 5000 } } }\n');
    const definitions = [KvStore, state().definition] as never;
    await using files = await startTestHost([], { config: folder.file('default.yaml'), definitions });
    expect(files.service(StateServiceRef).store?.file).toBe(folder.file('data', 'motia.db'));
    await using memory = await startTestHost([], { config: folder.file('memory.yaml'), definitions });
    expect(memory.service(StateServiceRef).store?.durability).toBe('memory');
    expect(memory.logs.messages('warn')).toEqual(expect.arrayContaining([expect.stringContaining('file_path has no effect'), expect.stringContaining('gone when the engine stops')]));
    expect(JSON.stringify(memory.notices)).toContain('save_interval_ms');
  });
});

describe('G2 two engines on one shared store', () => {
  it('see and count each other’s changes, and a trigger that both have runs once for each', async () => {
    await using folder = temporaryFolder('state');
    await using one = await start(folder.path, { shared: true });
    await using two = await start(folder.path, { shared: true });
    const seen: number[] = [];
    for (const host of [one, two]) {
      host.functions.register({ id: 'watch' }, (payload) => void seen.push((payload as { version: number }).version));
      await host.triggers.register({ type: 'state', functionId: 'watch', config: { key: 'counter' } });
    }
    const count = async (host: TestHost): Promise<void> => {
      for (let n = 0; n < 50; n += 1) await call(host, 'state::update', { scope: 's', key: 'counter', ops: [{ type: 'increment', path: '', by: 1 }] });
    };
    await Promise.all([count(one), count(two)]);
    for (const host of [one, two]) expect(await call(host, 'state::get', { scope: 's', key: 'counter', with_version: true })).toMatchObject({ value: 100, version: 100 });
    await until(() => seen.length >= 100);
    expect(seen).toEqual(Array.from({ length: 100 }, (_, n) => n + 1));
  });

  it('run triggers that only the other one has, of changes and of keys that end', async () => {
    await using folder = temporaryFolder('state');
    await using one = await start(folder.path, { shared: true });
    await using two = await start(folder.path, { shared: true });
    const seen: unknown[] = [];
    const done = new Promise<void>((resolve) => one.functions.register({ id: 'watch' }, (payload) => {
      const { key, event_type, expired } = payload as { key: string; event_type: string; expired?: boolean };
      if (seen.push([key, event_type, expired]) === 3) resolve();
    }));
    await one.triggers.register({ type: 'state', functionId: 'watch', config: { scope: 's' } });
    await call(two, 'state::set', { scope: 't', key: 'elsewhere', value: 1 });
    await call(two, 'state::set', { scope: 's', key: 'a', value: 1 });
    await call(two, 'state::set', { scope: 's', key: 'a', value: 2, ttl_ms: 1 });
    await done;
    expect(seen).toEqual([['a', 'state:created', undefined], ['a', 'state:updated', undefined], ['a', 'state:deleted', true]]);
  });

  it('take over what the other leaves due when it stops', async () => {
    await using folder = temporaryFolder('state');
    const one = await start(folder.path, { shared: true });
    await using two = await start(folder.path, { shared: true });
    let begun = 0;
    one.functions.register({ id: 'watch' }, () => {
      begun += 1;
      return new Promise(() => undefined);
    });
    await one.triggers.register({ type: 'state', functionId: 'watch', config: {} });
    await call(one, 'state::set', { scope: 's', key: 'k', value: 1 });
    await until(() => begun === 1);
    const taken = new Promise<unknown>((resolve) => two.functions.register({ id: 'watch' }, (payload) => resolve(payload)));
    await two.triggers.register({ type: 'state', functionId: 'watch', config: {} });
    await one.stop({ drainTimeoutMs: 10 });
    expect(await taken).toMatchObject({ key: 'k', new_value: 1 });
  });
});
