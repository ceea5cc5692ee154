import { describe, expect, it } from '@jest/globals';
import { StorePoolRef, type StoreHandle, type StoreProgram, type StoreSql } from '@motia/engine-core/contract';
import { startTestHost } from '@motia/engine-core/testing';
import { sqliteStore } from '@motia/store-sqlite';
import { temporaryFolder } from '@motia/tools/testing';
import { KvStore } from '../src/index.js';
import { migrations } from '../src/program/migrations.js';
import { storeProgram } from '../src/program/stream-program.js';
import { startStream, todo, type StreamFixture } from './fixtures/start-stream.js';

/** Writes to tables as a bad disk would: beside the checksums. */
const vandal = {
  name: 'vandal', source: { specifier: './none.js', from: '' }, migrations: [], queries: {},
  commands: { run: (sql: StoreSql, text: string) => sql.run(text).changes },
} satisfies StoreProgram;

interface Opened extends AsyncDisposable {
  readonly streams: StoreHandle<typeof storeProgram>;
  damage(text: string): Promise<void>;
  readonly quarantined: () => readonly unknown[];
}

/** The program of streams without its module, so that a test can be every engine that opens it. */
async function openPrograms(): Promise<Opened> {
  const host = await startTestHost([sqliteStore({ writer: 'inline' })]);
  const store = await host.service(StorePoolRef).open({ durability: 'memory' });
  const streams = await store.open(storeProgram);
  const hand = await store.open(vandal);
  return {
    streams,
    async damage(text) {
      expect(await hand.run('run', text)).toBe(1);
    },
    quarantined: () => host.logs.records.filter(({ message }) => message.startsWith('A row of the store is not what was written')).map(({ fields }) => (fields as { readonly table: string }).table),
    [Symbol.asyncDispose]: () => host.stop(),
  };
}

const opening = (candidate: string, gone: readonly number[] = []) => ({ candidate, survivesPowerFailure: false, gone });

describe('#14 what the store knows of its history, damaged', () => {
  it.each([
    ['that it was closed in order, which it was not', "UPDATE stream_meta SET value = '1' WHERE key = 'closed'"],
    ['the epoch', "UPDATE stream_meta SET value = 'other' WHERE key = 'epoch'"],
    ['how far forgotten groups had come', "UPDATE stream_meta SET value = '3' WHERE key = 'floor'"],
    ['under which name it stands', "UPDATE stream_meta SET key = 'flour' WHERE key = 'floor'"],
  ])('%s: a new epoch begins, and the row is told and kept', async (_title, damage) => {
    await using store = await openPrograms();
    const { streams } = store;
    expect(await streams.run('open', opening('first'))).toBe('first');
    await streams.run('close', { gone: [] });
    await store.damage("INSERT INTO stream_group (stream, name, seq, born, changed_at_ms) VALUES ('s', 'g', 41, 0, 0)");
    // In order, and nothing is damaged: the history goes on.
    expect(await streams.run('open', opening('second'))).toBe('first');
    await streams.run('prune', { resumeAgeMs: 0 });
    await store.damage(damage);
    expect(await streams.run('open', { ...opening('third'), survivesPowerFailure: true })).toBe('third');
    expect(store.quarantined()).toEqual(['stream_meta']);
    expect(await streams.run('open', { ...opening('fourth'), survivesPowerFailure: true })).toBe('third');
    await streams.run('close', { gone: [] });
  });

  it('which engines serve it: the epoch is not taken over from engines that nobody knows, and it is not called closed', async () => {
    await using store = await openPrograms();
    const { streams } = store;
    await streams.run('open', opening('first'));
    await store.damage('INSERT INTO stream_engine (owner, crc) VALUES (77, 0)');
    expect(await streams.run('open', opening('second'))).toBe('second');
    expect(store.quarantined()).toEqual(['stream_engine']);
    await store.damage('INSERT INTO stream_engine (owner, crc) VALUES (78, 0)');
    await streams.run('close', { gone: [78] });
    expect(await streams.run('open', opening('third'))).toBe('third');
  });

  it('a store of the version before is brought up to date, and its history goes on', async () => {
    await using folder = temporaryFolder('upgraded');
    const before = {
      name: 'stream', source: { specifier: './none.js', from: '' }, migrations: migrations.slice(0, 2), queries: {},
      commands: {
        fill(sql: StoreSql) {
          for (const [key, value] of [['epoch', 'of-before'], ['closed', '1'], ['floor', '7']] as const) sql.run('INSERT INTO stream_meta (key, value) VALUES (?, ?)', key, value);
          sql.run('INSERT INTO stream_engine (owner) VALUES (1)');
        },
      },
    } satisfies StoreProgram;
    const old = await startTestHost([sqliteStore({ data_dir: folder.path })]);
    await (await (await old.service(StorePoolRef).open({})).open(before)).run('fill', undefined);
    await old.stop();
    await using streams: StreamFixture = await startStream({ options: { adapter: { class: KvStore.class, config: { file_path: folder.path } } } });
    await streams.set('inbox', 'a', 1);
    const client = await streams.connect('plain');
    client.join({ subscriptionId: 's', streamName: todo, groupId: 'inbox' });
    expect(await client.next(({ event }) => event?.type === 'sync')).toMatchObject({ epoch: 'of-before', seq: 8 });
    expect(streams.host.health.report().status).toBe('healthy');
  });
});
