import { describe, expect, it } from '@jest/globals';
import { connectTestWorker } from '@motia/engine-core/testing';
import { startStream, todo, until } from './fixtures/start-stream.js';
import { transports, type Frame } from './fixtures/stream-client.js';

const isSync = ({ event }: Frame): boolean => event?.type === 'sync';
const at = (item: string) => ({ stream_name: todo, group_id: 'inbox', item_id: item });

describe('engine::transaction', () => {
  it.each(transports)('Q13 commits changes and messages of streams together, and followers over %s get them in that order', async (transport) => {
    await using streams = await startStream();
    await streams.set('inbox', 'a', { n: 1 });
    const client = await streams.connect(transport);
    client.join({ subscriptionId: 's', streamName: todo, groupId: 'inbox' });
    await client.next(isSync);
    await using worker = await connectTestWorker(streams.host);
    const done = await worker.invoke('engine::transaction', {
      operations: [
        { function_id: 'stream::update', payload: { ...at('a'), ops: [{ type: 'increment', path: 'n', by: 1 }] } },
        { function_id: 'stream::send', payload: { stream_name: todo, group_id: 'inbox', type: 'moved', data: 7 } },
        { function_id: 'stream::set', payload: { ...at('b'), data: 'new' } },
        { function_id: 'stream::delete', payload: at('a') },
      ],
    });
    expect(done).toMatchObject({ results: [{ old_value: { n: 1 }, new_value: { n: 2 } }, null, { old_value: null, new_value: 'new' }, { old_value: { n: 2 } }] });
    await client.next(({ event }) => event?.type === 'delete');
    expect(client.frames.slice(1).map(({ seq, event }) => seq ?? event?.event?.type)).toEqual([2, 'moved', 3, 4]);
  });

  it('Q13 one refused change undoes the others: no event, no number, no trigger', async () => {
    await using streams = await startStream();
    await streams.set('inbox', 'text', 'x');
    let calls = 0;
    streams.host.functions.register({ id: 'watch' }, () => void (calls += 1));
    await streams.host.triggers.register({ type: 'stream', functionId: 'watch', config: { stream_name: todo } });
    const client = await streams.connect('plain');
    client.join({ subscriptionId: 's', streamName: todo, groupId: 'inbox' });
    await client.next(isSync);
    const refused = (payload: object): Promise<unknown> =>
      streams.host.functions.invoke('engine::transaction', { operations: [{ function_id: 'stream::set', payload: { ...at('a'), data: 1 } }, { function_id: 'stream::send', payload: { stream_name: todo, group_id: 'inbox', type: 't' } }, { function_id: 'stream::update', payload }] });
    await expect(refused({ ...at('text'), ops: [{ type: 'increment', path: 'n', by: 1 }] })).rejects.toMatchObject({ code: 'MOTIA_STREAM_UPDATE_REFUSED' });
    await expect(refused({ ...at('text'), ops: 'none' })).rejects.toMatchObject({ code: 'MOTIA_STREAM_UPDATE_REFUSED' });
    await expect(refused({ stream_name: todo })).rejects.toMatchObject({ code: 'MOTIA_STREAM_INVALID_INPUT' });
    expect(await streams.call('stream::get', at('a'))).toBeNull();
    await streams.set('inbox', 'end', 1);
    await client.next(({ id }) => id === 'end');
    expect(client.frames.slice(1)).toMatchObject([{ seq: 2, id: 'end' }]);
    await until(() => calls === 1);
  });
});
