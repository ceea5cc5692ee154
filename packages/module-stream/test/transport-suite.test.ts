import { describe, expect, it } from '@jest/globals';
import { startStream, todo } from './fixtures/start-stream.js';
import { transports } from './fixtures/stream-client.js';

describe.each(transports)('a client over %s', (transport) => {
  it('T2 gets the snapshot of a group and then every change, in order', async () => {
    await using streams = await startStream();
    await streams.set('inbox', 'a', { id: 'a', n: 1 });
    await streams.set('inbox', 'b', { id: 'b', n: 1 });
    const client = await streams.connect(transport);
    client.join({ subscriptionId: 's', streamName: todo, groupId: 'inbox' });
    const sync = await client.next(({ event }) => event?.type === 'sync');
    expect(sync).toMatchObject({ type: 'stream', subscriptionId: 's', streamName: todo, groupId: 'inbox', id: null, seq: 2, event: { data: [{ id: 'a', n: 1 }, { id: 'b', n: 1 }], ids: ['a', 'b'] } });
    await streams.set('inbox', 'a', { id: 'a', n: 2 });
    await streams.set('inbox', 'c', { id: 'c', n: 1 });
    await streams.call('stream::delete', { stream_name: todo, group_id: 'inbox', item_id: 'b' });
    await client.next(({ event }) => event?.type === 'delete');
    expect(client.frames.slice(1)).toMatchObject([
      { id: 'a', seq: 3, epoch: sync.epoch, event: { type: 'update', data: { id: 'a', n: 2 } } },
      { id: 'c', seq: 4, epoch: sync.epoch, event: { type: 'create', data: { id: 'c', n: 1 } } },
      { id: 'b', seq: 5, epoch: sync.epoch, event: { type: 'delete', data: { id: 'b', n: 1 } } },
    ]);
  });
});
