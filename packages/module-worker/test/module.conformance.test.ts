import { describe, expect, it } from '@jest/globals';
import { WorkerListenerRef } from '@motia/engine-core/contract';
import { moduleConformance } from '@motia/engine-core/testing';
import WorkerModule from '../src/index.js';
import { SocketWorker } from './fixtures/socket-worker.js';

moduleConformance({ describe, it, expect }, {
  definition: WorkerModule,
  options: () => ({ port: 0 }),
  invalid: [
    { options: { port: 'abc' }, pointer: '/port' },
    { options: { port: 70_000 }, pointer: '/port' },
    { options: { token: 'short' }, pointer: '/token' },
    { options: { tls: { cert_file: 'a.pem' } }, pointer: '/tls/key_file' },
    { options: { socket_mode: 'rw' }, pointer: '/socket_mode' },
    { options: { max_connections: 0 }, pointer: '/max_connections' },
    { options: { heartbeat_interval_ms: 0 }, pointer: '/heartbeat_interval_ms' },
  ],
  works: async (host) => {
    const [address = ''] = host.service(WorkerListenerRef).addresses();
    await using worker = await SocketWorker.open(address);
    await worker.join({ 'remote::greet': () => 'hello' });
    expect(await host.functions.invoke('remote::greet', {})).toBe('hello');
  },
});
