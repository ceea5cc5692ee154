import { describe, expect, it } from '@jest/globals';
import { connect } from 'node:net';
import { ManualClock } from '@motia/engine-core/testing';
import type { Server as SocketServer } from 'socket.io';
import { WebSocket } from 'ws';
import { startStream, todo, until, type StreamFixture } from './fixtures/start-stream.js';
import { transports } from './fixtures/stream-client.js';

/** A client that speaks the packets of socket.io itself. */
async function openPackets({ port }: StreamFixture): Promise<{ readonly socket: WebSocket; readonly packets: string[]; readonly ended: Promise<void> }> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/socket.io/?EIO=4&transport=websocket`, { perMessageDeflate: false });
  const packets: string[] = [];
  const ended = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  socket.on('error', () => undefined);
  socket.on('message', (data) => packets.push((data as Buffer).toString('utf8')));
  await new Promise((resolve) => socket.once('message', resolve));
  return { socket, packets, ended };
}

const answers = (packets: readonly string[], what: string): number => packets.filter((packet) => packet.includes(what)).length;

describe.each(transports)('a client over %s that reads nothing', (transport) => {
  it('and sends WebSocket pings is cut: their answers are not piled up for it', async () => {
    await using streams = await startStream();
    const client = await streams.connect(transport);
    client.pause();
    const raw = client.raw();
    raw.on('error', () => undefined);
    const closed = new Promise<void>((resolve) => raw.once('close', () => resolve()));
    let isClosed = false;
    void closed.then(() => (isClosed = true));
    // More than the system buffers for a connection.
    const ping = Buffer.concat([Buffer.from([0x89, 0x80 | 125]), Buffer.alloc(4), Buffer.alloc(125)]);
    const pings = Buffer.concat(Array.from({ length: 2_000 }, () => ping));
    for (let sent = 0; sent < 64 * 1_048_576 && !isClosed; sent += pings.length) await new Promise<void>((resolve) => void raw.write(pings, () => resolve()));
    client.resume();
    await closed;
  });
});

describe('a connection of socket.io', () => {
  it('that asks for namespaces that do not exist is held to the limit of messages', async () => {
    await using streams = await startStream({ clock: new ManualClock() });
    const { socket, packets, ended } = await openPackets(streams);
    for (let n = 0; n < 1_000; n += 1) socket.send('40/nowhere,');
    await ended;
    expect(answers(packets, '44/nowhere')).toBeLessThan(300);
  });

  it('that leaves and comes back has the same limit, and leaves nothing behind', async () => {
    await using streams = await startStream({ clock: new ManualClock() });
    const { socket, packets, ended } = await openPackets(streams);
    const { engine, sockets } = streams.service.socketIo as SocketServer;
    const enter = async (): Promise<void> => {
      const before = answers(packets, '40{');
      socket.send('40');
      await until(() => answers(packets, '40{') > before);
    };
    const leave = async (): Promise<void> => {
      socket.send('41');
      await until(() => sockets.sockets.size === 0);
    };
    for (let n = 0; n < 20; n += 1) {
      await enter();
      await leave();
    }
    await enter();
    const [line] = Object.values((engine as unknown as { readonly clients: Readonly<Record<string, { listenerCount(event: string): number }>> }).clients);
    expect(line?.listenerCount('flush')).toBe(1);
    for (let n = 0; n < 200; n += 1) socket.send('42["ping"]');
    await until(() => answers(packets, '"pong"') === 200);
    await leave();
    await enter();
    for (let n = 0; n < 200; n += 1) socket.send('42["ping"]');
    await ended;
    expect(answers(packets, '"pong"')).toBe(256);
  });

  it.each(['sid=x&sid=', 'sid=#&sid=x', '#&sid=x'])('that only claims to have a session (%s) is counted', async (query) => {
    await using streams = await startStream({ options: { max_connections: 1 } });
    await streams.connect('plain');
    const response = await new Promise<string>((resolve) => {
      const socket = connect(streams.port, '127.0.0.1', () => socket.write(`GET /socket.io/?EIO=4&transport=polling&${query} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`));
      let seen = '';
      socket.on('data', (chunk) => (seen += String(chunk))).on('close', () => resolve(seen));
    });
    expect(response.split('\r\n')[0]).toContain('503');
  });
});

describe.each(transports)('a client over %s that asks and reads no answers', (transport) => {
  it('T4 is closed with 1013 like everyone who has taken nothing for 30 s', async () => {
    const clock = new ManualClock();
    await using streams = await startStream({ clock, options: { messages_per_second: 1_000_000, slow_reader: { coalesce_bytes: 65_536 } } });
    const joined = new Promise<unknown>((resolve) => {
      streams.host.functions.register({ id: 'app::join' }, (payload) => {
        if ((payload as { readonly group_id: string }).group_id !== 'last') return {};
        resolve(payload);
        return { unauthorized: true };
      });
    });
    await streams.host.triggers.register({ type: 'stream:join', functionId: 'app::join', config: {} });
    const client = await streams.connect(transport);
    const join = { subscriptionId: 's'.repeat(128), streamName: todo, groupId: 'inbox' };
    client.join(join);
    await client.next(({ event }) => event?.type === 'sync');
    client.pause();
    // Each is answered with an error; more of them than any connection buffers.
    for (let n = 0; n < 60_000; n += 1) client.join(join);
    client.join({ subscriptionId: 'last', streamName: todo, groupId: 'last' });
    await joined;
    await clock.advance('29s');
    await clock.advance('2s');
    client.resume();
    expect((await client.ended).code).toBe(1013);
  }, 60_000);
});
