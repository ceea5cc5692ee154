import { describe, expect, it } from '@jest/globals';
import { memoryLogger, ManualClock } from '@motia/engine-core/testing';
import type { LiveFrame } from '../src/live/live-feed.js';
import { LiveHub } from '../src/live/live-hub.js';
import type { TopicRows } from '../src/live/topic.js';

function hubOf(read: (name: string, signal: AbortSignal) => Promise<TopicRows>) {
  const clock = new ManualClock();
  return { clock, hub: new LiveHub({ find: (name) => ({ read: (signal) => read(name, signal) }), epoch: 'e', clock, logger: memoryLogger(), intervalMs: 500 }) };
}
const kinds = (frames: readonly LiveFrame[]): readonly string[] => frames.map(({ kind }) => kind);

describe('a feed', () => {
  it('that was forgotten and is made anew starts whoever comes back over, whatever its numbers are', async () => {
    let row = 'old';
    const { hub } = hubOf(async () => new Map([['row', row]]));
    const frames: LiveFrame[] = [];
    const end = await hub.subscribe({ topic: 'rows' }, (frame) => frames.push(frame));
    end();
    const [{ epoch, seq }] = frames as [LiveFrame];
    for (let other = 0; other < 40; other += 1) (await hub.subscribe({ topic: 'rows', filter: String(other) }, () => undefined))();
    row = 'new';
    const again: LiveFrame[] = [];
    (await hub.subscribe({ topic: 'rows', since: { epoch, seq } }, (frame) => again.push(frame)))();
    expect(kinds(again)).toEqual(['reset', 'snapshot']);
    expect(again[1]?.data).toEqual({ upsert: { row: 'new' }, remove: [] });
  });

  it('greets whoever comes while a look is being called off with what there is', async () => {
    let isHeld = false;
    const { clock, hub } = hubOf((_name, signal) => {
      if (!isHeld) return Promise.resolve(new Map([['row', 1]]));
      isHeld = false;
      return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('called off'))));
    });
    const end = await hub.subscribe({ topic: 'rows' }, () => undefined);
    isHeld = true;
    await clock.advance(500);
    end();
    const frames: LiveFrame[] = [];
    (await hub.subscribe({ topic: 'rows' }, (frame) => frames.push(frame)))();
    expect(kinds(frames)).toEqual(['snapshot']);
    expect(frames[0]?.data).toEqual({ upsert: { row: 1 }, remove: [] });
  });

  it('says when it can be read again, although nothing has changed', async () => {
    let isBroken = false;
    const { clock, hub } = hubOf(() => (isBroken ? Promise.reject(new Error('away')) : Promise.resolve(new Map([['row', 1]]))));
    const frames: LiveFrame[] = [];
    const end = await hub.subscribe({ topic: 'rows' }, (frame) => frames.push(frame));
    isBroken = true;
    await clock.advance('2s');
    expect(kinds(frames)).toEqual(['snapshot', 'error']);
    const again: LiveFrame[] = [];
    const { epoch = '', seq = 0 } = frames[0] ?? {};
    (await hub.subscribe({ topic: 'rows', since: { epoch, seq } }, (frame) => again.push(frame)))();
    expect(kinds(again)).toEqual(['error']);
    isBroken = false;
    await clock.advance('2s');
    expect(kinds(frames)).toEqual(['snapshot', 'error', 'delta']);
    expect(frames[2]).toMatchObject({ seq: (frames[0]?.seq ?? 0) + 1, data: { upsert: {}, remove: [] } });
    end();
  });

  it('looks the more seldom the longer a look takes: at most a fifth of the time', async () => {
    let reads = 0;
    let tookMs = 1_000;
    const { clock, hub } = hubOf(() => {
      reads += 1;
      return new Promise((resolve) => clock.setTimeout(() => resolve(new Map()), tookMs));
    });
    const subscribed = hub.subscribe({ topic: 'rows' }, () => undefined);
    await clock.advance('1s');
    const end = await subscribed;
    reads = 0;
    await clock.advance('60s');
    expect(reads).toBeGreaterThanOrEqual(11);
    expect(reads).toBeLessThanOrEqual(12);
    tookMs = 60_000;
    await clock.advance('100s');
    reads = 0;
    await clock.advance('130s');
    expect(reads).toBeGreaterThanOrEqual(2);
    end();
  });
});
