import { describe, expect, it } from '@jest/globals';
import { ManualClock, memoryLogger } from '@motia/engine-core/testing';
import { Hub } from '../src/delivery/hub.js';
import { newCounters } from '../src/delivery/outlet.js';
import type { Sink } from '../src/delivery/sink.js';
import { WriteTurn } from '../src/delivery/write-turn.js';
import { ClientConnection } from '../src/gateway/client-connection.js';
import { MessageLimits } from '../src/gateway/message-limits.js';
import { StreamList } from '../src/gateway/stream-list.js';
import { until } from './fixtures/start-stream.js';

describe('a client that joins', () => {
  it('while events cannot be listened to is refused for now, and follows when it joins again', async () => {
    let isBroken = true;
    const hub = new Hub(new WriteTurn(), () => {
      if (isBroken) throw new Error('the disk does not answer');
    });
    const frames: { readonly type: string; readonly code?: string; readonly event?: { readonly type: string } }[] = [];
    const sink: Sink = {
      isPressed: false, bufferedBytes: 0,
      send: (batch, id) => frames.push(...(JSON.parse(batch.packet(id).text.slice(1)) as [string, typeof frames])[1]),
      sendFrames: (texts) => void frames.push(...texts.map((text) => JSON.parse(text) as (typeof frames)[number])),
      onceDrained: (listener) => void setImmediate(listener),
      close: () => undefined, terminate: () => undefined,
    };
    const limits = { messagesPerSecond: 10, burst: 10 };
    const connection = new ClientConnection({ connectionId: 'c', context: undefined }, { sink, limits: new MessageLimits(limits, 0) }, {
      hub, messageLimits: limits, maxSubscriptions: 10, counters: newCounters(), clock: new ManualClock(), logger: memoryLogger(), streams: new StreamList(undefined),
      slowReaders: { coalesceBytes: 1_000, closeBytes: 8_000, closeAfterMs: 30_000 },
      presence: { join: () => Promise.resolve(undefined), leave: () => undefined },
      source: {
        isRemote: () => false,
        snapshot: () => Promise.resolve({ epoch: 'e', seq: 0, timestamp: 0, json: '[]', ids: [] }),
        changesAfter: () => Promise.resolve({ kind: 'page', changes: [], upTo: 0, isLast: true }),
      },
    });
    const join = (): void => connection.receive('join', { subscriptionId: '1', streamName: 's', groupId: 'g' });
    join();
    expect(frames).toMatchObject([{ type: 'error', code: 'MOTIA_STREAM_SNAPSHOT_FAILED', ref: '1' }]);
    isBroken = false;
    join();
    await until(() => frames.length === 2);
    expect(frames[1]).toMatchObject({ event: { type: 'sync' } });
    hub.publish([{ kind: 'change', stream: 's', group: 'g', item: 'a', type: 'create', seq: 1, prevSeq: 0, epoch: 'e', timestamp: 1, json: '1' }]);
    expect(frames[2]).toMatchObject({ event: { type: 'create' } });
  });
});
