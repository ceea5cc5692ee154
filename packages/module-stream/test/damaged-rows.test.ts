import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { temporaryFolder } from '@motia/tools/testing';
import { KvStore } from '../src/index.js';
import { probeStore, type StoreProbe } from '../src/testing/store-probe.js';
import { startStream, todo, type StreamFixture } from './fixtures/start-stream.js';
import type { Frame } from './fixtures/stream-client.js';

const onFile = (folder: string): Promise<StreamFixture> => startStream({ options: { adapter: { class: KvStore.class, config: { file_path: folder } } } });
const at = (item: string) => ({ stream_name: todo, group_id: 'inbox', item_id: item });

/** Flips one bit of the first character of a text, wherever it stands in the file. */
function flipBits(file: string, text: string): void {
  const bytes = readFileSync(file);
  let count = 0;
  for (let place = bytes.indexOf(text); place !== -1; place = bytes.indexOf(text, place + 1)) {
    bytes[place] = (bytes[place] as number) ^ 1;
    count += 1;
  }
  if (count === 0) throw new Error(`${text} is not in ${file}`);
  writeFileSync(file, bytes);
}

describe('#14 a bit that flipped in a stream', () => {
  it('is a coded error for its item; groups leave it out, the engine is up and says so, and it heals when it is set or deleted', async () => {
    await using folder = temporaryFolder('damaged');
    {
      await using before = await onFile(folder.path);
      for (const item of ['a', 'b', 'c']) await before.set('inbox', item, { text: `marker-of-${item}` });
    }
    for (const item of ['b', 'c']) flipBits(folder.file('motia.db'), `marker-of-${item}"`);
    await using streams = await onFile(folder.path);
    const client = await streams.connect('plain');
    client.join({ subscriptionId: 's', streamName: todo, groupId: 'inbox' });
    const isSync = ({ event }: Frame): boolean => event?.type === 'sync';
    expect((await client.next(isSync)).event).toMatchObject({ data: [{ text: 'marker-of-a' }], ids: ['a'] });
    await expect(streams.call('stream::get', at('b'))).rejects.toMatchObject({ code: 'MOTIA_STREAM_ITEM_DAMAGED', details: { item: 'b' } });
    await expect(streams.call('stream::update', { ...at('b'), ops: [] })).rejects.toMatchObject({ code: 'MOTIA_STREAM_ITEM_DAMAGED' });
    expect(await streams.call('stream::list', { stream_name: todo, group_id: 'inbox' })).toEqual([{ text: 'marker-of-a' }]);
    expect(streams.host.health.report()).toMatchObject({ ready: true, status: 'degraded' });
    // Told once for each row, however often it is read.
    expect(streams.host.logs.records.filter(({ message }) => message.startsWith('A row of the store is not what was written'))).toHaveLength(2);

    expect(await streams.set('inbox', 'b', { text: 'anew' })).toEqual({ old_value: null, new_value: { text: 'anew' } });
    expect(await client.next(({ id }) => id === 'b')).toMatchObject({ seq: 4, event: { type: 'update', data: { text: 'anew' } } });
    expect(await streams.call('stream::delete', at('c'))).toEqual({ old_value: null });
    expect(await client.next(({ id }) => id === 'c')).toMatchObject({ seq: 5, event: { type: 'delete', data: { id: 'c' } } });
    expect(await streams.call('stream::get', at('b'))).toEqual({ text: 'anew' });
    expect(await streams.call('stream::get', at('c'))).toBeNull();
    expect(await streams.call('stream::list', { stream_name: todo, group_id: 'inbox' })).toEqual([{ text: 'marker-of-a' }, { text: 'anew' }]);
    for (const item of ['a', 'b']) await streams.call('stream::delete', at(item));
    expect(await streams.call('stream::list_groups', { stream_name: todo })).toEqual([]);
  });

  it('keeps neither the engine from starting nor other leaves from being told, when it is in a session', async () => {
    await using folder = temporaryFolder('damaged');
    const open = (): Promise<StoreProbe> => probeStore({ class: KvStore.class, config: { file_path: folder.path } }, []);
    {
      await using before = await open();
      for (const name of ['a', 'b', 'c']) await before.store.enterSession({ sessionId: `session-${name}`, subscriptionId: '1', payload: '{}', triggers: [{ id: `marker-of-${name}`, functionId: 'f' }] });
    }
    flipBits(folder.file('motia.db'), 'marker-of-b"');
    await using probe = await open();
    const calls = await probe.store.dueCalls('stream:leave');
    expect(await probe.store.endLostSessions()).toBe(3);
    expect([calls.count(), await probe.store.endLostSessions()]).toEqual([2, 0]);
    expect(probe.host.logs.find('A row of the store is not what was written')).toMatchObject({ level: 'error', fields: { table: 'stream_session', key: { session_id: 'session-b' } } });
  });
});
