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
