import { beforeEach, describe, expect, it } from '@jest/globals';
import { Stream, type StreamSubscription } from '../src/index.js';
import { change, FakePlatform, settled, sync } from './fake-server.js';

interface Todo {
  readonly id: string;
  readonly title?: string;
  readonly place?: number;
}

describe('the stream client', () => {
  let platform: FakePlatform;
  let client: Stream<{ todo: Todo }>;
  beforeEach(() => {
    platform = new FakePlatform();
    client = new Stream('ws://server', { platform });
  });
  const opened = async (): Promise<void> => {
    await settled();
    platform.last.opens();
  };

  it('connects with the first subscription, and follows a group from its snapshot on', async () => {
    expect(platform.sockets).toHaveLength(0);
    const group = client.subscribeGroup('todo', 'inbox');
    const seen: (readonly Todo[])[] = [];
    group.addChangeListener((state) => seen.push(state));
    expect([group.getState(), group.status]).toEqual([[], 'connecting']);
    await opened();
    expect(platform.last.joins()).toEqual([{ subscriptionId: '1', streamName: 'todo', groupId: 'inbox' }]);
    platform.last.says(sync('1', 3, [{ id: 'a' }, { id: 'b' }], ['a', 'b']));
    platform.last.says(change('1', 4, 'create', 'c', { id: 'c' }));
    platform.last.says(change('1', 5, 'update', 'a', { id: 'a', title: 'new' }));
    platform.last.says(change('1', 6, 'delete', 'b', { id: 'b' }));
    expect(group.getState()).toEqual([{ id: 'a', title: 'new' }, { id: 'c' }]);
    expect([group.status, seen.length]).toEqual(['live', 4]);
    expect(group.getState()).toBe(group.getState());
  });

  it('follows items whose values hold no id of their own', async () => {
    const group = client.subscribeGroup('todo', 'inbox') as StreamSubscription<readonly unknown[]>;
    await opened();
    platform.last.says(sync('1', 1, [1], ['x']));
    platform.last.says(change('1', 2, 'update', 'x', 2));
    expect(group.getState()).toEqual([2]);
  });

  it('sorts a group by a member, items without it last', async () => {
    const group = client.subscribeGroup('todo', 'inbox', 'place');
    await opened();
    platform.last.says(sync('1', 1, [{ id: 'c', place: 10 }, { id: 'x' }, { id: 'a', place: 9 }], ['c', 'x', 'a']));
    expect(group.getState().map(({ id }) => id)).toEqual(['a', 'c', 'x']);
  });

  it('follows one item, null while there is none', async () => {
    const item = client.subscribeItem('todo', 'inbox', 'a');
    await opened();
    expect(platform.last.joins()).toEqual([{ subscriptionId: '1', streamName: 'todo', groupId: 'inbox', id: 'a' }]);
    platform.last.says(sync('1', 3, null));
    expect([item.getState(), item.status]).toEqual([null, 'live']);
    platform.last.says(change('1', 9, 'create', 'a', { id: 'a' }, { prevSeq: 3 }));
    expect(item.getState()).toEqual({ id: 'a' });
    platform.last.says(change('1', 12, 'delete', 'a', { id: 'a' }, { prevSeq: 9 }));
    expect(item.getState()).toBeNull();
  });

  it('is told messages, of the type that was asked for', async () => {
    const group = client.subscribeGroup('todo', 'inbox');
    const heard: unknown[] = [];
    const listener = (data: unknown): void => void heard.push(data);
    group.onEvent('typing', listener);
    await opened();
    platform.last.says(sync('1', 1, []));
    const message = (type: string, data: unknown) => platform.last.says({ type: 'stream', subscriptionId: '1', timestamp: 1, streamName: 'todo', groupId: 'inbox', id: null, event: { type: 'event', event: { type, data } } });
    message('typing', 'Ada');
    message('other', 'Bob');
    group.offEvent('typing', listener);
    message('typing', 'Eve');
    expect(heard).toEqual(['Ada']);
  });

  it('T3 goes on where it was after a lost connection, and shows meanwhile what it knew', async () => {
    const group = client.subscribeGroup('todo', 'inbox');
    const statuses: string[] = [];
    group.addChangeListener(() => statuses.push(group.status));
    await opened();
    platform.last.says(sync('1', 3, [{ id: 'a' }], ['a']));
    platform.last.breaks();
    expect([group.status, group.getState()]).toEqual(['stale', [{ id: 'a' }]]);
    await platform.advance(250);
    await opened();
    expect(platform.last.joins()).toEqual([{ subscriptionId: '1', streamName: 'todo', groupId: 'inbox', epoch: 'e1', lastSeq: 3 }]);
    platform.last.says({ type: 'resumed', subscriptionId: '1', epoch: 'e1', seq: 3 });
    platform.last.says(change('1', 4, 'create', 'b', { id: 'b' }));
    expect([group.status, group.getState()]).toEqual(['live', [{ id: 'a' }, { id: 'b' }]]);
    expect(statuses).toEqual(['live', 'stale', 'live', 'live']);
  });

  it('T3 starts over when the server cannot go on', async () => {
    const group = client.subscribeGroup('todo', 'inbox');
    await opened();
    platform.last.says(sync('1', 3, [{ id: 'a' }], ['a']));
    platform.last.breaks();
    await platform.advance(250);
    await opened();
    platform.last.says({ type: 'resync', subscriptionId: '1', reason: 'log' });
    expect(group.getState()).toEqual([{ id: 'a' }]);
    platform.last.says({ ...sync('1', 1, [{ id: 'z' }], ['z']), epoch: 'e2' });
    platform.last.says(change('1', 2, 'create', 'y', { id: 'y' }, { epoch: 'e2' }));
    expect(group.getState()).toEqual([{ id: 'z' }, { id: 'y' }]);
  });

  it('takes a change that it has once, and joins anew when one is missing', async () => {
    const group = client.subscribeGroup('todo', 'inbox');
    await opened();
    platform.last.says(sync('1', 3, [], []));
    platform.last.says(change('1', 3, 'create', 'old', { id: 'old' }));
    expect(group.getState()).toEqual([]);
    platform.last.says(change('1', 5, 'create', 'gap', { id: 'gap' }));
    expect(platform.last.sent.slice(1)).toEqual([{ type: 'leave', data: { subscriptionId: '1' } }, { type: 'join', data: { subscriptionId: '2', streamName: 'todo', groupId: 'inbox' } }]);
    platform.last.says(change('1', 6, 'create', 'late', { id: 'late' }));
    platform.last.says(sync('2', 6, [{ id: 'gap' }, { id: 'late' }], ['gap', 'late']));
    expect(group.getState()).toEqual([{ id: 'gap' }, { id: 'late' }]);
  });

  it('asks for no more at once than a server takes, and for the rest in its order', async () => {
    for (let n = 0; n < 320; n += 1) client.subscribeItem('todo', 'inbox', String(n));
    await opened();
    const asked = (): readonly (string | undefined)[] => platform.last.joins().map(({ id }) => id);
    expect(asked()).toHaveLength(200);
    await platform.advance(1_000);
    expect(asked()).toHaveLength(250);
    await platform.advance(2_000);
    expect(asked()).toEqual(Array.from({ length: 320 }, (_, n) => String(n)));
    // What waited for a connection that is lost is asked for on the next one, once.
    platform.last.breaks();
    await platform.advance(500);
    platform.last.opens();
    await platform.advance(3_000);
    expect([...new Set(asked())]).toHaveLength(320);
    expect(asked()).toHaveLength(320);
  });

  it('shares one subscription among all who follow the same, and keeps it for a moment after the last', async () => {
    const first = client.subscribeGroup('todo', 'inbox');
    const second = client.subscribeGroup('todo', 'inbox');
    await opened();
    platform.last.says(sync('1', 1, [{ id: 'a' }], ['a']));
    expect(platform.last.joins()).toHaveLength(1);
    first.close();
    second.close();
    const third = client.subscribeGroup('todo', 'inbox');
    expect(third.getState()).toEqual([{ id: 'a' }]);
    await platform.advance(1_000);
    expect(platform.last.sent).toHaveLength(1);
    third.close();
    await platform.advance(250);
    expect(platform.last.sent.at(-1)).toEqual({ type: 'leave', data: { subscriptionId: '1' } });
    expect([platform.last.readyState, platform.timers, platform.listeners]).toEqual([3, 0, 0]);
  });

  it('says when and why it was refused, and tries again when somebody asks anew', async () => {
    const item = client.subscribeItem('todo', 'inbox', 'a');
    await opened();
    platform.last.says({ type: 'stream', subscriptionId: '1', timestamp: 1, streamName: 'todo', groupId: 'inbox', id: 'a', event: { type: 'unauthorized', code: 'MOTIA_STREAM_JOIN_REFUSED', message: 'no' } });
    expect([item.status, item.error?.code]).toEqual(['refused', 'MOTIA_STREAM_JOIN_REFUSED']);
    const again = client.subscribeItem('todo', 'inbox', 'a');
    expect(platform.last.joins()).toHaveLength(2);
    platform.last.says(sync('1', 1, { id: 'a' }));
    expect([item.status, again.status, again.error]).toEqual(['live', 'live', undefined]);
  });

  it.each(['MOTIA_STREAM_RATE_LIMITED', 'MOTIA_STREAM_SNAPSHOT_FAILED'])('joins again by itself after %s', async (code) => {
    const item = client.subscribeItem('todo', 'inbox', 'a');
    await opened();
    platform.last.says({ type: 'error', code, message: 'later', ref: '1' });
    expect(item.status).toBe('connecting');
    await platform.advance(2_000);
    expect(platform.last.joins()).toHaveLength(2);
  });

  it('is refused for good where trying again makes no sense', async () => {
    const item = client.subscribeItem('todo', 'inbox', 'a');
    await opened();
    platform.last.says({ type: 'error', code: 'MOTIA_STREAM_STREAM_NOT_FOUND', message: 'no such stream', ref: '1' });
    expect([item.status, item.error?.message]).toEqual(['refused', 'no such stream']);
  });

  describe('connects again', () => {
    it('later and later, up to half a minute, and at once after it worked', async () => {
      client.subscribeGroup('todo', 'inbox');
      const waits: number[] = [];
      await settled();
      for (let attempt = 0; attempt < 9; attempt += 1) {
        const before = platform.nowMs;
        platform.last.breaks();
        const sockets = platform.sockets.length;
        while (platform.sockets.length === sockets) await platform.advance(50);
        waits.push(platform.nowMs - before);
      }
      expect(waits).toEqual([250, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
      await opened();
      platform.last.says(sync('1', 1, []));
      platform.last.breaks();
      await platform.advance(250);
      expect(platform.sockets).toHaveLength(11);
    });

    it('when the server said', async () => {
      client.subscribeGroup('todo', 'inbox');
      await opened();
      platform.last.says({ type: 'closing', code: 1012, reason: 'restart', reconnectAfterMs: 7_000 });
      platform.last.breaks(1012);
      await platform.advance(6_999);
      expect(platform.sockets).toHaveLength(1);
      await platform.advance(1);
      expect(platform.sockets).toHaveLength(2);
    });

    it('at once when the network is there again', async () => {
      client.subscribeGroup('todo', 'inbox');
      await settled();
      for (let attempt = 0; attempt < 6; attempt += 1) {
        platform.last.breaks();
        await platform.advance(30_000);
      }
      platform.last.breaks();
      const sockets = platform.sockets.length;
      platform.goesOnline();
      await settled();
      expect(platform.sockets).toHaveLength(sockets + 1);
    });

    it('after a silence that the server does not break', async () => {
      client.subscribeGroup('todo', 'inbox');
      await opened();
      await platform.advance(30_000);
      expect(platform.last.sent.at(-1)).toEqual({ type: 'ping' });
      platform.last.says({ type: 'pong' });
      await platform.advance(39_999);
      expect(platform.sockets).toHaveLength(1);
      await platform.advance(1_000);
      expect(platform.sockets).toHaveLength(2);
    });

    it('when a server takes the connection and never opens it', async () => {
      client.subscribeGroup('todo', 'inbox');
      await settled();
      await platform.advance(29_999);
      expect(platform.sockets).toHaveLength(1);
      await platform.advance(251);
      expect(platform.sockets.map(({ readyState }) => readyState)).toEqual([3, 0]);
    });

    it('with new credentials after 4401, when they can be asked for', async () => {
      const tokens = ['old', 'new'];
      const authenticated = new Stream('ws://server', { platform, protocols: async () => ['Authorization', tokens.shift() ?? 'none'] });
      authenticated.subscribeItem('todo', 'inbox', 'a');
      await opened();
      platform.last.breaks(4401);
      await platform.advance(250);
      expect(platform.sockets.map(({ protocols }) => protocols[1])).toEqual(['old', 'new']);
      authenticated.close();
    });

    it('after credentials that could not be fetched', async () => {
      let calls = 0;
      const authenticated = new Stream(async () => {
        calls += 1;
        if (calls === 1) throw new Error('the token service is away');
        return 'ws://server?token=1';
      }, { platform });
      authenticated.subscribeItem('todo', 'inbox', 'a');
      await settled();
      expect(platform.sockets).toHaveLength(0);
      await platform.advance(250);
      expect(platform.last.address).toBe('ws://server?token=1');
      authenticated.close();
    });

    it.each([[4401, 'MOTIA_STREAM_CLIENT_UNAUTHORIZED'], [1008, 'MOTIA_STREAM_CLIENT_CLOSED'], [1009, 'MOTIA_STREAM_CLIENT_CLOSED']])('not after %i, and says so', async (code, expected) => {
      const group = client.subscribeGroup('todo', 'inbox');
      await opened();
      platform.last.breaks(code);
      await platform.advance(120_000);
      expect([platform.sockets.length, group.status, group.error?.code, platform.timers]).toEqual([1, 'refused', expected, 0]);
    });
  });

  it('ignores what it does not know', async () => {
    const group = client.subscribeGroup('todo', 'inbox');
    await opened();
    for (const text of ['', 'no json', '1', 'null', '{"type":"new"}', '{"type":"stream"}', '{"type":"stream","subscriptionId":"9","event":{"type":"sync","data":[]}}', '{"type":"stream","subscriptionId":"1","event":{"type":"new"}}']) platform.last.saysText(text);
    expect(group.getState()).toEqual([]);
    platform.last.says(sync('1', 1, [{ id: 'a' }], ['a']));
    expect(group.getState()).toEqual([{ id: 'a' }]);
  });

  it('ends everything with close, and leaves no timer and no socket', async () => {
    const group = client.subscribeGroup('todo', 'inbox');
    let closes = 0;
    group.onClose(() => (closes += 1));
    await opened();
    client.close();
    client.close();
    expect([group.status, closes, platform.last.readyState, platform.timers, platform.listeners]).toEqual(['closed', 1, 3, 0, 0]);
    expect(() => client.subscribeGroup('todo', 'inbox')).toThrow('closed');
  });

  it('says what is wrong with an address that is none', async () => {
    const broken = new Stream('ws://server', { platform: Object.assign(new FakePlatform(), { open: () => { throw new SyntaxError('Invalid URL'); } }) });
    const group = broken.subscribeGroup('todo', 'inbox');
    await settled();
    expect([group.status, group.error?.code, group.error?.message]).toEqual(['refused', 'MOTIA_STREAM_CLIENT_CANNOT_CONNECT', 'Invalid URL']);
  });
});
