import { beforeEach, describe, expect, it } from '@jest/globals';
import { Stream } from '../src/index.js';
import { FakePlatform, settled, sync } from './fake-server.js';

let platform: FakePlatform;
let client: Stream;

beforeEach(() => {
  platform = new FakePlatform();
  client = new Stream('ws://server', { platform });
});

async function opened(): Promise<void> {
  await settled();
  platform.last.opens();
}

const fails = (subscriptionId: string, code = 'MOTIA_STREAM_SNAPSHOT_FAILED'): void => platform.last.says({ type: 'error', code, message: 'later', ref: subscriptionId });

describe('a subscription that fails for a reason that passes', () => {
  it.each(['MOTIA_STREAM_JOIN_FAILED', 'MOTIA_STREAM_JOIN_TIMEOUT', 'MOTIA_STREAM_NOT_STARTED'])('is tried again when onJoin could not say (%s)', async (code) => {
    const item = client.subscribeItem('todo', 'inbox', 'a');
    await opened();
    platform.last.says({ type: 'stream', subscriptionId: '1', timestamp: 1, streamName: 'todo', groupId: 'inbox', id: 'a', event: { type: 'unauthorized', code, message: 'later' } });
    expect(item.status).toBe('connecting');
    await platform.advance(2_000);
    expect(platform.last.joins()).toHaveLength(2);
    platform.last.says(sync('1', 1, { id: 'a' }));
    expect(item.status).toBe('live');
  });

  it('is tried later and later, up to half a minute, and soon again after it worked', async () => {
    client.subscribeGroup('todo', 'inbox');
    await opened();
    // A server that answers keeps the connection alive.
    const waitsOf = async (times: number): Promise<number[]> => {
      const waits: number[] = [];
      for (let n = 0; n < times; n += 1) {
        const [before, joins] = [platform.nowMs, platform.last.joins().length];
        fails('1');
        while (platform.last.joins().length === joins) await platform.advance(50);
        waits.push(platform.nowMs - before);
      }
      return waits;
    };
    expect(await waitsOf(6)).toEqual([2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
    platform.last.says(sync('1', 1, []));
    expect(await waitsOf(1)).toEqual([2_000]);
  });

  it('is tried again although somebody else begins to follow the same meanwhile', async () => {
    client.subscribeGroup('todo', 'inbox');
    await opened();
    fails('1');
    client.subscribeGroup('todo', 'inbox');
    await platform.advance(2_000);
    expect(platform.last.joins()).toHaveLength(2);
  });

  it('is asked for once on a connection that was made anew meanwhile', async () => {
    client.subscribeGroup('todo', 'inbox');
    await opened();
    fails('1');
    platform.last.breaks();
    await platform.advance(250);
    await opened();
    await platform.advance(10_000);
    expect(platform.last.joins()).toHaveLength(1);
  });
});

describe('a server that takes fewer messages than the client sends', () => {
  const tooMany = (ref: string): void => platform.last.says({ type: 'error', code: 'MOTIA_STREAM_RATE_LIMITED', message: 'later', ref });

  it('gets the joins that it ignored again, each later and later', async () => {
    const groups = Array.from({ length: 3 }, (_, n) => client.subscribeGroup('todo', `g${n}`));
    await opened();
    tooMany('2');
    tooMany('3');
    await platform.advance(1_999);
    expect(platform.last.joins()).toHaveLength(3);
    await platform.advance(1_000);
    expect(platform.last.joins().slice(3).map(({ subscriptionId }) => subscriptionId)).toEqual(['2', '3']);
    tooMany('3');
    await platform.advance(3_999);
    expect(platform.last.joins()).toHaveLength(5);
    await platform.advance(1_000);
    expect(platform.last.joins()).toHaveLength(6);
    platform.last.says(sync('3', 1, []));
    expect(groups[2]?.status).toBe('live');
  });

  it('gets the rest at half the pace each time that it complains', async () => {
    for (let n = 0; n < 300; n += 1) client.subscribeGroup('todo', `g${n}`);
    await opened();
    const joinsWithin = async (ms: number): Promise<number> => {
      const before = platform.last.joins().length;
      await platform.advance(ms);
      return platform.last.joins().length - before;
    };
    expect([platform.last.joins().length, await joinsWithin(1_000)]).toEqual([200, 50]);
    tooMany('250');
    tooMany('249');
    expect(await joinsWithin(1_000)).toBe(25);
  });

  it('is sent as much as before once it has taken everything for a while', async () => {
    for (let n = 0; n < 210; n += 1) client.subscribeGroup('todo', `g${n}`);
    await opened();
    await platform.advance(1_000);
    tooMany('205');
    // 200 messages are saved up at half the pace, five of them every 200 ms.
    await platform.advance(12_000);
    const joinsWithin = async (ms: number): Promise<number> => {
      const before = platform.last.joins().length;
      await platform.advance(ms);
      return platform.last.joins().length - before;
    };
    for (let n = 0; n < 300; n += 1) client.subscribeGroup('todo', `later${n}`);
    await platform.advance(0);
    expect(await joinsWithin(1_000)).toBe(50);
  });

  it('gets a leave again that it ignored', async () => {
    const group = client.subscribeGroup('todo', 'inbox');
    client.subscribeGroup('todo', 'other');
    await opened();
    group.close();
    await platform.advance(250);
    const leaves = (): number => platform.last.sent.filter(({ type, data }) => type === 'leave' && data.subscriptionId === '1').length;
    expect(leaves()).toBe(1);
    tooMany('1');
    await platform.advance(3_000);
    expect(leaves()).toBe(2);
  });

  it('is come back to when it closes the connection for that and says when, and not else', async () => {
    const group = client.subscribeGroup('todo', 'inbox');
    await opened();
    platform.last.says({ type: 'closing', code: 1008, reason: 'too many messages per second', reconnectAfterMs: 5_000 });
    platform.last.breaks(1008);
    expect(group.status).toBe('connecting');
    await platform.advance(5_000);
    await opened();
    platform.last.says({ type: 'closing', code: 1008, reason: 'too many messages that could not be accepted' });
    platform.last.breaks(1008);
    expect(group.status).toBe('refused');
  });
});

describe('the client connects again', () => {
  it('although a listener throws when it is told of the loss', async () => {
    const group = client.subscribeGroup('todo', 'inbox');
    await opened();
    platform.last.says(sync('1', 1, []));
    group.addChangeListener(() => {
      if (group.status === 'stale') throw new Error('a mistake of the page');
    });
    expect(() => platform.last.breaks()).toThrow('a mistake of the page');
    await platform.advance(250);
    expect(platform.sockets).toHaveLength(2);
  });

  it('not when a listener closes everything as it is told of the loss', async () => {
    const group = client.subscribeGroup('todo', 'inbox');
    await opened();
    platform.last.says(sync('1', 1, []));
    group.addChangeListener(() => client.close());
    platform.last.breaks();
    expect(platform.timers).toBe(0);
  });

  it('after credentials that never come', async () => {
    let calls = 0;
    const authenticated = new Stream(() => {
      calls += 1;
      return calls === 1 ? new Promise<string>(() => undefined) : 'ws://server?token=1';
    }, { platform });
    authenticated.subscribeItem('todo', 'inbox', 'a');
    await platform.advance(30_250);
    expect(platform.last.address).toBe('ws://server?token=1');
    authenticated.close();
  });
});
