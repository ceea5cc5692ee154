import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Stream } from '../src/index.js';
import { FakePlatform, type FakeSocket } from './fake-server.js';

interface Change {
  readonly seq: number;
  readonly type: 'create' | 'update' | 'delete';
  readonly id: string;
  readonly data: unknown;
}

/** A group as the server keeps it: items, a log that forgets, and clients that it tells. */
class GroupServer {
  readonly items = new Map<string, unknown>();
  log: Change[] = [];
  seq = 0;
  readonly joined = new Map<FakeSocket, string>();

  attach(socket: FakeSocket): void {
    socket.onJoin = ({ subscriptionId, epoch, lastSeq }) => {
      this.joined.set(socket, subscriptionId);
      const canResume = epoch === 'e' && lastSeq !== undefined && lastSeq >= (this.log[0]?.seq ?? this.seq + 1) - 1;
      if (canResume) {
        socket.says({ type: 'resumed', subscriptionId, epoch: 'e', seq: lastSeq });
        for (const change of this.log) if (change.seq > lastSeq) this.#tell(socket, subscriptionId, change);
        return;
      }
      if (lastSeq !== undefined) socket.says({ type: 'resync', subscriptionId, reason: 'log' });
      this.#frame(socket, { subscriptionId, id: null, seq: this.seq, event: { type: 'sync', data: [...this.items.values()], ids: [...this.items.keys()] } });
    };
  }
  write(id: string, value: number | null): void {
    if (value === null && !this.items.has(id)) return;
    const type = value === null ? 'delete' : this.items.has(id) ? 'update' : 'create';
    this.seq += 1;
    const change: Change = { seq: this.seq, type, id, data: value ?? this.items.get(id) };
    if (value === null) this.items.delete(id);
    else this.items.set(id, value);
    this.log = [...this.log, change].slice(-5);
    for (const [socket, subscriptionId] of this.joined) if (socket.readyState === 1) this.#tell(socket, subscriptionId, change);
  }
  #tell(socket: FakeSocket, subscriptionId: string, { seq, type, id, data }: Change): void {
    this.#frame(socket, { subscriptionId, id, seq, event: { type, data } });
  }
  #frame(socket: FakeSocket, frame: object): void {
    socket.says({ type: 'stream', timestamp: 1, streamName: 's', groupId: 'g', epoch: 'e', ...frame });
  }
}

const action = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('write' as const), id: fc.constantFrom('a', 'b', 'c', 'd'), value: fc.option(fc.nat(), { freq: 4 }) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('break' as const) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('reconnect' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('remount' as const) }) },
);

it('T2 T3 a client is where the server is, whatever is written and whenever the connection breaks', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(action, { maxLength: 60 }), async (actions) => {
      const server = new GroupServer();
      const platform = new FakePlatform();
      platform.onSocket = (socket) => server.attach(socket);
      const client = new Stream('ws://server', { platform });
      let group = client.subscribeGroup('s', 'g');
      const openLast = async (): Promise<void> => {
        await platform.advance(30_000);
        if (platform.last.readyState === 0) platform.last.opens();
      };
      await openLast();
      for (const step of actions) {
        if (step.kind === 'write') server.write(step.id, step.value);
        else if (step.kind === 'break') platform.last.breaks();
        else if (step.kind === 'reconnect') await openLast();
        else {
          group.close();
          group = client.subscribeGroup('s', 'g');
        }
      }
      await openLast();
      expect([group.status, group.getState()]).toEqual(['live', [...server.items.values()]]);
      client.close();
      expect(platform.timers).toBe(0);
    }),
    { numRuns: 200 },
  );
});
