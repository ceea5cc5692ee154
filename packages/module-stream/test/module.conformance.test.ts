import { describe, expect, it } from '@jest/globals';
import { StreamServiceRef } from '@motia/engine-core/contract';
import { moduleConformance } from '@motia/engine-core/testing';
import StreamModule from '../src/index.js';
import { connectClient } from './fixtures/stream-client.js';

moduleConformance({ describe, it, expect }, {
  definition: StreamModule,
  options: () => ({ port: 0 }),
  invalid: [
    { options: { port: 'abc' }, pointer: '/port' },
    { options: { port: 70_000 }, pointer: '/port' },
    { options: { path: 'streams' }, pointer: '/path' },
    { options: { socket_io_path: '/socket.io' }, pointer: '/socket_io_path' },
    { options: { auth_function: true }, pointer: '/auth_function' },
    { options: { heartbeat: { interval_ms: 0 } }, pointer: '/heartbeat/interval_ms' },
    { options: { resume: { max_events: -1 } }, pointer: '/resume/max_events' },
    { options: { slow_reader: { close_bytes: 0 } }, pointer: '/slow_reader/close_bytes' },
    { options: { adapter: { config: {} } }, pointer: '/adapter/class' },
  ],
  works: async (host) => {
    await host.functions.invoke('stream::set', { stream_name: 'todo', group_id: 'inbox', item_id: '1', data: { id: '1' } });
    expect(await host.functions.invoke('stream::get', { stream_name: 'todo', group_id: 'inbox', item_id: '1' })).toEqual({ id: '1' });
    await using client = await connectClient('plain', { port: host.service(StreamServiceRef).address()?.port ?? 0 });
    client.join({ subscriptionId: 's', streamName: 'todo', groupId: 'inbox' });
    await client.next(({ event }) => event?.type === 'sync');
  },
});
