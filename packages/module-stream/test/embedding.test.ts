import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { embed } from '@motia/engine-core/embed';
import { WebSocket, WebSocketServer } from 'ws';
import { kvStoreOptions } from '../src/adapters/kv-options.js';
import { StreamModule } from '../src/index.js';
import { streamOptions } from '../src/options.js';
import { streamVersion } from '../src/version.js';
import { connectClient, transports, type Frame } from './fixtures/stream-client.js';

const join = { subscriptionId: 's', streamName: 'todo', groupId: 'inbox' };
const isSync = ({ event }: Frame): boolean => event?.type === 'sync';

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}
const closed = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });

describe("streams in someone else's service", () => {
  it.each(transports)('serve clients over %s on a server that is there already, and leave the rest of it alone', async (transport) => {
    const server = createServer((request, response) => response.end(`theirs: ${request.url}`));
    const theirs = new WebSocketServer({ noServer: true });
    server.on('upgrade', (request, socket, head) => {
      if (request.url === '/their-socket') theirs.handleUpgrade(request, socket, head, (websocket) => websocket.send('theirs'));
    });
    await using streams = await embed(StreamModule, { listen: false });
    const { stream } = streams.services;
    expect(stream.address()).toBeUndefined();
    const attached = stream.attach(server);
    const port = await listening(server);
    try {
      await stream.set({ stream: 'todo', group: 'inbox', item: 'a' }, { id: 'a' });
      await using client = await connectClient(transport, { port });
      client.join(join);
      expect((await client.next(isSync)).event?.data).toEqual([{ id: 'a' }]);
      await stream.delete({ stream: 'todo', group: 'inbox', item: 'a' });
      await client.next(({ event }) => event?.type === 'delete');
      expect(await (await fetch(`http://127.0.0.1:${port}/hello`)).text()).toBe('theirs: /hello');
      const socket = new WebSocket(`ws://127.0.0.1:${port}/their-socket`);
      expect(await new Promise((resolve) => (socket.onmessage = ({ data }) => resolve(data)))).toBe('theirs');
      socket.close();
      attached.dispose();
      expect(await (await fetch(`http://127.0.0.1:${port}/socket.io/`)).text()).toBe('theirs: /socket.io/');
    } finally {
      theirs.close();
      await closed(server);
    }
  });

  it('their paths and transports are options', async () => {
    const server = createServer((_request, response) => response.end('theirs'));
    await using streams = await embed(StreamModule, { listen: false, path: '/live', socket_io: false });
    expect(streams.services.stream.socketIo).toBeUndefined();
    streams.services.stream.attach(server);
    const port = await listening(server);
    try {
      const socket = new WebSocket(`ws://127.0.0.1:${port}/live`);
      await new Promise((resolve) => (socket.onopen = resolve));
      socket.close();
      expect(await (await fetch(`http://127.0.0.1:${port}/socket.io/?EIO=4&transport=polling`)).text()).toBe('theirs');
      await expect(connectClient('plain', { port })).rejects.toThrow();
    } finally {
      await closed(server);
    }
  });

  it('socket.io is theirs to extend: followers are in rooms', async () => {
    await using streams = await embed(StreamModule, { port: 0 });
    const { stream } = streams.services;
    await using client = await connectClient('socket.io', { port: stream.address()?.port ?? 0 });
    client.join(join);
    await client.next(isSync);
    const io = stream.socketIo as { in(room: string): { fetchSockets(): Promise<unknown[]> } };
    expect(await io.in('stream/todo/inbox').fetchSockets()).toHaveLength(1);
    client.leave('s');
    client.send('ping');
    await client.next(({ type }) => type === 'pong');
    expect(await io.in('stream/todo/inbox').fetchSockets()).toHaveLength(0);
  });
});

describe('the package', () => {
  const read = (name: string): string => readFileSync(new URL(`../${name}`, import.meta.url), 'utf8');

  it('has one version', () => expect(streamVersion).toBe((JSON.parse(read('package.json')) as { version: string }).version));

  it('documents every option in its README, with its default', () => {
    const readme = read('README.md');
    const keysOf = (schema: unknown, prefix = ''): string[] => {
      const properties = (schema as { properties?: Record<string, unknown> }).properties ?? {};
      return Object.entries(properties).flatMap(([key, member]) => (key === 'adapter' || (member as { properties?: object }).properties === undefined ? [`${prefix}${key}`] : keysOf(member, `${key}.`)));
    };
    for (const key of [...keysOf(streamOptions.jsonSchema), ...keysOf(kvStoreOptions.jsonSchema)]) expect(readme).toContain(`\`${key}\``);
    const { port, max_connections, heartbeat, resume, slow_reader, max_value_bytes } = streamOptions.parse({});
    for (const value of [port, max_connections, max_value_bytes, heartbeat.interval_ms, resume.max_events, slow_reader.close_bytes]) expect(readme).toContain(String(value));
  });
});

/** What stream clients of the reference system make of frames, by timestamp and by the `id` inside of an item. */
class ReferenceGroup {
  items: { id: string }[] = [];
  #lastTimestamp = 0;
  readonly #lastOfItem = new Map<string, number>();

  take({ event, timestamp = 0 }: Frame): void {
    const data = event?.data as { id: string };
    if (event?.type === 'sync') {
      if (timestamp < this.#lastTimestamp) return;
      this.#lastOfItem.clear();
      this.#lastTimestamp = timestamp;
      this.items = event.data as { id: string }[];
    } else if (event?.type === 'create') {
      if (!this.items.some(({ id }) => id === data.id)) this.items = [...this.items, data];
    } else if (event?.type === 'update') {
      if ((this.#lastOfItem.get(data.id) ?? 0) >= timestamp) return;
      this.#lastTimestamp = timestamp;
      this.#lastOfItem.set(data.id, timestamp);
      this.items = this.items.map((item) => (item.id === data.id ? data : item));
    } else if (event?.type === 'delete') {
      this.#lastTimestamp = timestamp;
      this.#lastOfItem.set(data.id, timestamp);
      this.items = this.items.filter(({ id }) => id !== data.id);
    }
  }
}

describe('clients of the reference system', () => {
  it('see every change, however many there are in a millisecond, and start over after a reconnect', async () => {
    await using streams = await embed(StreamModule, { port: 0 });
    const { stream } = streams.services;
    const port = stream.address()?.port ?? 0;
    const view = new ReferenceGroup();
    const item = { value: undefined as unknown, last: 0, frames: 0 };
    for (let connection = 0; connection < 3; connection += 1) {
      await using client = await connectClient('plain', { port });
      client.join({ subscriptionId: '7b2f7a52-2d5b-4a5e-9a6e-0d2f2e6f2c11', streamName: 'todo', groupId: 'inbox' });
      await client.next(isSync);
      client.join({ subscriptionId: 'b8a7a1de-7df9-4b0c-8f0e-6d4f6f5a7c22', streamName: 'todo', groupId: 'inbox', id: 'i0' });
      await client.next(({ id, event }) => id === 'i0' && event?.type === 'sync');
      for (let n = 0; n < 40; n += 1) {
        const address = { stream: 'todo', group: 'inbox', item: `i${n % 3}` };
        if (n % 10 === 9) await stream.delete(address);
        else await stream.set(address, { id: address.item, n });
      }
      await stream.set({ stream: 'todo', group: 'inbox', item: 'end' }, { id: 'end', connection });
      await client.next(({ id, event }) => id === 'end' && (event?.data as { connection: number }).connection === connection);
      for (const frame of client.frames) {
        const isOfItem = frame.subscriptionId?.startsWith('b8') === true;
        if (!isOfItem) view.take(frame);
        else if ((frame.timestamp ?? 0) > item.last) {
          item.last = frame.timestamp ?? 0;
          item.value = frame.event?.type === 'delete' ? null : frame.event?.data;
          item.frames += 1;
        }
      }
      const truth = (await streams.functions.invoke('stream::list', { stream_name: 'todo', group_id: 'inbox' })) as { id: string }[];
      const byId = (a: { id: string }, b: { id: string }): number => (a.id < b.id ? -1 : 1);
      expect([...view.items].sort(byId)).toEqual([...truth].sort(byId));
      expect(item.value).toEqual((await stream.get({ stream: 'todo', group: 'inbox', item: 'i0' })) ?? null);
    }
    expect(item.frames).toBeGreaterThan(40);
  });
});
