import { describe, expect, it } from '@jest/globals';
import { createChannelClient, MotiaError } from '../src/index.js';
import type { ChannelData, ChannelRef, Endpoint } from '../src/index.js';
import { connectedPair } from './connected-pair.js';

const ref = (direction: ChannelRef['direction']): ChannelRef => ({ channel_id: 'c', access_key: 'k', direction });

/** An engine that joins both ends of channel `c`, which the same worker holds. */
function loopback(engine: Endpoint, windowBytes: number): void {
  engine.onRequest('channels/open', ({ accessKey }) => {
    if (accessKey !== 'k') throw new MotiaError({ code: 'MOTIA_ENGINE_CHANNEL_NOT_FOUND', message: 'no such channel' });
    return { creditBytes: windowBytes };
  });
  engine.onNotification('channels/write', (params, raw) => engine.notify('channels/write', params, raw));
  engine.onNotification('channels/credit', (params) => engine.notify('channels/credit', params));
  engine.onNotification('channels/close', (params) => engine.notify('channels/close', params));
}

describe.each([true, false])('the channel client (raw frames: %s)', (rawBodies) => {
  const connect = (windowBytes: number) => {
    const { engine, worker } = connectedPair();
    for (const end of [engine, worker]) end.setNegotiated({ rawBodies, rawThresholdBytes: 0 });
    loopback(engine, windowBytes);
    const channels = createChannelClient(worker);
    engine.listen();
    worker.listen();
    return { engine, worker, channels };
  };

  it('carries texts and bytes between two ends on one connection', async () => {
    const { engine, channels } = connect(16);
    const reader = await channels.openReader(ref('read'));
    const writer = await channels.openWriter(ref('write'));
    const received: ChannelData[] = [];
    const reading = (async () => {
      for await (const frame of reader) received.push(frame);
    })();
    await writer.write('a message that is longer than the window');
    for (let i = 0; i < 10; i++) await writer.write(Buffer.alloc(7, i));
    writer.close();
    await reading;
    expect(received[0]).toBe('a message that is longer than the window');
    expect(Buffer.concat(received.slice(1) as Buffer[])).toEqual(Buffer.concat(Array.from({ length: 10 }, (_, i) => Buffer.alloc(7, i))));
    engine.close();
  });

  it('tells the writer of the same worker when its reader leaves', async () => {
    const { engine, channels } = connect(4);
    const reader = await channels.openReader(ref('read'));
    const writer = await channels.openWriter(ref('write'));
    const closed: unknown[] = [];
    writer.onClosed((error) => closed.push(error?.code));
    const waiting = writer.write('more than fits');
    const outcome = expect(waiting).rejects.toMatchObject({ code: 'MOTIA_SDK_ENOUGH' });
    reader.cancel({ code: 'MOTIA_SDK_ENOUGH', message: 'enough' });
    await outcome;
    expect(closed).toEqual(['MOTIA_SDK_ENOUGH']);
    engine.close();
  });

  it('fails to open what the engine does not know', async () => {
    const { engine, channels } = connect(4);
    await expect(channels.openReader({ ...ref('read'), access_key: 'wrong' })).rejects.toMatchObject({ code: 'MOTIA_ENGINE_CHANNEL_NOT_FOUND' });
    await expect(channels.openWriter({ ...ref('write'), access_key: 'wrong' })).rejects.toMatchObject({ code: 'MOTIA_ENGINE_CHANNEL_NOT_FOUND' });
    engine.close();
  });

  it('fails open ends when the connection is gone', async () => {
    const { engine, channels } = connect(4);
    const reader = await channels.openReader(ref('read'));
    const writer = await channels.openWriter(ref('write'));
    const read = reader.next();
    const wrote = writer.write('more than fits');
    const gone = { code: 'MOTIA_PROTOCOL_CONNECTION_CLOSED' };
    const outcomes = Promise.all([expect(read).rejects.toMatchObject(gone), expect(wrote).rejects.toMatchObject(gone)]);
    channels.closeAll({ ...gone, message: 'gone' });
    await outcomes;
    engine.close();
  });
});
