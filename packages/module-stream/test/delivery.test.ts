import { describe, expect, it } from '@jest/globals';
import { ManualClock, memoryLogger } from '@motia/engine-core/testing';
import { CatchUp, type CatchUpSource, type LogPage, type PlaceSnapshot } from '../src/delivery/catch-up.js';
import type { FrameBatch } from '../src/delivery/frame-batch.js';
import type { Closing } from '../src/delivery/frame-text.js';
import { Hub } from '../src/delivery/hub.js';
import { newCounters, Outlet } from '../src/delivery/outlet.js';
import type { Sink } from '../src/delivery/sink.js';
import { Subscription } from '../src/delivery/subscription.js';
import { WriteTurn } from '../src/delivery/write-turn.js';
import type { StreamChangeEvent } from '../src/stream-event.js';
import { until } from './fixtures/start-stream.js';

const place = { stream: 's', group: 'g' };
const limits = { coalesceBytes: 1_000, closeBytes: 8_000, closeAfterMs: 30_000 };

/** A client whose connection takes only what the test lets it take. */
class FakeSink implements Sink {
  readonly frames: string[] = [];
  bufferedBytes = 0;
  isStuck = false;
  #onDrained: (() => void) | undefined;

  get isPressed(): boolean {
    return this.bufferedBytes > 0;
  }
  send(batch: FrameBatch, subscriptionId: string): void {
    // The packet of an id is its frames between a fixed beginning and end.
    this.sendFrames((JSON.parse(batch.packet(subscriptionId).text.slice(1)) as [string, object[]])[1].map((frame) => JSON.stringify(frame)));
  }
  sendFrames(frames: readonly string[]): void {
    this.frames.push(...frames);
    if (this.isStuck) this.bufferedBytes += frames.reduce((sum, { length }) => sum + length, 0);
  }
  onceDrained(listener: () => void): void {
    this.#onDrained = listener;
    if (this.bufferedBytes === 0) setImmediate(() => this.drain());
  }
  /** Everything was taken. */
  drain(): void {
    this.bufferedBytes = 0;
    const listener = this.#onDrained;
    this.#onDrained = undefined;
    listener?.();
  }
  close(): void {}
  terminate(): void {}
  parsed(): { readonly type: string; readonly seq?: number; readonly prevSeq?: number; readonly event?: { readonly type: string } }[] {
    return this.frames.map((frame) => JSON.parse(frame) as never);
  }
}

const change = (seq: number, item = `i${seq}`, size = 100): StreamChangeEvent => ({ kind: 'change', ...place, item, type: 'update', seq, prevSeq: seq - 1, epoch: 'e', timestamp: seq, json: JSON.stringify('x'.repeat(size)) });

function client(source: Partial<CatchUpSource> = {}, hub = new Hub(new WriteTurn())) {
  const sink = new FakeSink();
  const clock = new ManualClock();
  const subscriptions = new Map<string, Subscription>();
  const closings: Closing[] = [];
  const startedOver: string[] = [];
  const counters = newCounters();
  const outlet = new Outlet({ sink, limits, counters, clock, subscriptions, onTooSlow: (closing) => void closings.push(closing) });
  const snapshot = (): Promise<PlaceSnapshot> => Promise.resolve({ epoch: 'e', seq: 0, timestamp: 0, json: '[]', ids: [] });
  const changesAfter = (): Promise<LogPage> => Promise.resolve({ kind: 'page', changes: [], upTo: 0, isLast: true });
  const catchUp = new CatchUp({ isRemote: () => false, snapshot, changesAfter, ...source }, outlet, memoryLogger());
  const subscribe = (id = '1', group = 'g'): Subscription => {
    const subscription = new Subscription(id, hub.target({ ...place, group }), outlet, (missing) => void startedOver.push(missing.id));
    subscriptions.set(id, subscription);
    return subscription;
  };
  return { sink, clock, closings, counters, outlet, hub, catchUp, subscribe, subscriptions, startedOver };
}

describe('catching up', () => {
  it('T4 reads one snapshot after the other, and none while the client has no room', async () => {
    const read: string[] = [];
    const big = JSON.stringify(['x'.repeat(2_000)]);
    const { sink, catchUp, subscribe } = client({
      snapshot: ({ group }) => {
        read.push(group);
        return Promise.resolve({ epoch: 'e', seq: 0, timestamp: 0, json: big, ids: ['a'] });
      },
    });
    sink.isStuck = true;
    const outcomes = ['a', 'b', 'c'].map((group) => catchUp.follow(subscribe(group, group), undefined));
    await outcomes[0];
    for (let turn = 0; turn < 20; turn += 1) await new Promise<void>((resolve) => setImmediate(resolve));
    expect(read).toEqual(['a']);
    sink.drain();
    await outcomes[1];
    expect(read).toEqual(['a', 'b']);
    sink.drain();
    expect(await outcomes[2]).toMatchObject({ kind: 'following', resumed: false });
  });

  it('T4 of what others keep, too, only one snapshot waits for a client without room', async () => {
    const answers: (() => void)[] = [];
    const big = JSON.stringify(['x'.repeat(2_000)]);
    const { sink, catchUp, subscribe } = client({
      isRemote: () => true,
      snapshot: () => new Promise((resolve) => answers.push(() => resolve({ epoch: 'e', seq: 0, timestamp: 0, json: big, ids: ['a'] }))),
    });
    sink.isStuck = true;
    const outcomes = ['a', 'b'].map((group) => catchUp.follow(subscribe(group, group), undefined));
    await until(() => answers.length === 2);
    answers[1]?.();
    expect(await outcomes[1]).toMatchObject({ kind: 'following' });
    answers[0]?.();
    for (let turn = 0; turn < 20; turn += 1) await new Promise<void>((resolve) => setImmediate(resolve));
    expect(sink.parsed()).toHaveLength(1);
    sink.drain();
    expect(await outcomes[0]).toMatchObject({ kind: 'following' });
    expect(sink.parsed().map(({ event }) => event?.type)).toEqual(['sync', 'sync']);
  });

  it('T2 drops what the snapshot holds already, and sends what came while it was read', async () => {
    let answer = (_snapshot: PlaceSnapshot): void => undefined;
    const { sink, hub, catchUp, subscribe } = client({ snapshot: () => new Promise((resolve) => (answer = resolve)) });
    const following = catchUp.follow(subscribe(), undefined);
    await until(() => hub.isFollowed('s', 'g', undefined) && answer.length === 1);
    for (const seq of [3, 4, 5, 6]) hub.publish([change(seq)]);
    answer({ epoch: 'e', seq: 4, timestamp: 0, json: '[]', ids: [] });
    await following;
    // The hub may be behind the snapshot: what it brings late is known.
    hub.publish([change(4)]);
    hub.publish([change(6), change(7)]);
    expect(sink.parsed().map(({ seq, event }) => [seq, event?.type])).toEqual([[4, 'sync'], [5, 'update'], [6, 'update'], [7, 'update']]);
  });

  it('T2 reads again when more came meanwhile than is held, and gives up a place that never holds still', async () => {
    let reads = 0;
    const { sink, hub, catchUp, subscribe, subscriptions } = client({
      snapshot: async () => {
        reads += 1;
        const seq = reads * 20;
        await Promise.resolve();
        if (reads < 3) for (let n = 0; n < 20; n += 1) hub.publish([change(seq - 20 + n + 1)]);
        return { epoch: 'e', seq, timestamp: 0, json: '[]', ids: [] };
      },
    });
    expect(await catchUp.follow(subscribe(), undefined)).toMatchObject({ kind: 'following', seq: 60 });
    expect([reads, sink.frames.length]).toEqual([3, 1]);
    const restless = client({
      snapshot: async () => {
        await Promise.resolve();
        for (let n = 0; n < 20; n += 1) restless.hub.publish([change(n + 1)]);
        return { epoch: 'e', seq: 1, timestamp: 0, json: '[]', ids: [] };
      },
    });
    expect(await restless.catchUp.follow(restless.subscribe(), undefined)).toMatchObject({ kind: 'failed', code: 'MOTIA_STREAM_SNAPSHOT_FAILED' });
    expect(restless.sink.parsed()).toMatchObject([{ type: 'error', ref: '1' }]);
    expect(subscriptions.size).toBe(1);
  });

  it('T2 clients that join together share one reading, until something changes', async () => {
    let reads = 0;
    const hub = new Hub(new WriteTurn());
    const source = { snapshot: async () => ((reads += 1), { epoch: 'e', seq: reads === 1 ? 0 : 1, timestamp: 0, json: '[]', ids: [] }) };
    const clients = Array.from({ length: 50 }, () => client(source, hub));
    await Promise.all(clients.map(({ catchUp, subscribe }) => catchUp.follow(subscribe(), undefined)));
    expect(reads).toBe(1);
    hub.publish([change(1)]);
    const late = client(source, hub);
    await late.catchUp.follow(late.subscribe(), undefined);
    expect(reads).toBe(2);
    hub.forgetSnapshots();
    const later = client(source, hub);
    await later.catchUp.follow(later.subscribe(), undefined);
    expect(reads).toBe(3);
  });

  it('T3 starts over when the log is pruned under a replay', async () => {
    const pages: LogPage[] = [{ kind: 'page', changes: [change(3), change(4)], upTo: 4, isLast: false }, { kind: 'gone', reason: 'log' }];
    const { sink, catchUp, subscribe } = client({ changesAfter: async () => pages.shift() as LogPage, snapshot: async () => ({ epoch: 'e', seq: 9, timestamp: 0, json: '[]', ids: [] }) });
    expect(await catchUp.follow(subscribe(), { epoch: 'e', seq: 2 })).toMatchObject({ kind: 'following', seq: 9, resumed: false });
    expect(sink.parsed().map(({ type, seq, event }) => [type, seq, event?.type])).toEqual([['resumed', 2, undefined], ['stream', 3, 'update'], ['stream', 4, 'update'], ['resync', undefined, undefined], ['stream', 9, 'sync']]);
  });

  it('is over for a client that has gone', async () => {
    let answer = (_snapshot: PlaceSnapshot): void => undefined;
    const { sink, catchUp, subscribe, outlet, hub } = client({ snapshot: () => new Promise((resolve) => (answer = resolve)) });
    const subscription = subscribe();
    const following = catchUp.follow(subscription, undefined);
    const waiting = catchUp.follow(subscribe('2'), undefined);
    await until(() => answer.length === 1);
    outlet.end();
    subscription.end();
    hub.release(subscription.target);
    answer({ epoch: 'e', seq: 1, timestamp: 0, json: '[]', ids: [] });
    expect(await following).toEqual({ kind: 'ended' });
    expect(sink.frames).toEqual([]);
    void waiting;
  });
});

describe('a client without room', () => {
  it('T4 is handed the latest of each item when it has room again, in pieces, and then everything', async () => {
    const { sink, hub, catchUp, subscribe, counters } = client();
    await catchUp.follow(subscribe(), undefined);
    sink.isStuck = true;
    let seq = 0;
    const write = (item: string): void => hub.publish([change((seq += 1), item)]);
    while (sink.bufferedBytes <= limits.coalesceBytes) write('a');
    const sentBefore = sink.frames.length;
    for (let n = 0; n < 100; n += 1) write(`i${n % 20}`);
    expect([sink.frames.length, counters.slowed]).toEqual([sentBefore, 1]);
    sink.drain();
    expect(sink.frames.length).toBeLessThan(sentBefore + 20);
    while (sink.frames.length < sentBefore + 20) sink.drain();
    sink.isStuck = false;
    sink.drain();
    write('z');
    const late = sink.parsed().slice(sentBefore);
    expect(late.map((frame) => frame.seq)).toEqual([...Array.from({ length: 20 }, (_, n) => seq - 20 + n), seq]);
    let last = seq - 101;
    for (const { seq: next = 0, prevSeq = next - 1 } of late) {
      expect(prevSeq).toBe(last);
      last = next;
    }
  });

  it('T4 is closed when it would have to be kept more than its budget, or takes nothing for 30 s', async () => {
    const much = client();
    await much.catchUp.follow(much.subscribe(), undefined);
    much.sink.isStuck = true;
    for (let seq = 1; much.closings.length === 0 && seq < 1_000; seq += 1) much.hub.publish([change(seq)]);
    expect(much.closings).toMatchObject([{ code: 1013, reconnectAfterMs: expect.any(Number) }]);
    const kept = [...much.subscriptions.values()].reduce((sum, { pendingBytes }) => sum + pendingBytes, 0);
    expect(kept + limits.coalesceBytes).toBeLessThan(limits.closeBytes + 1_000);

    const slow = client();
    await slow.catchUp.follow(slow.subscribe(), undefined);
    slow.sink.isStuck = true;
    for (let seq = 1; seq < 20; seq += 1) slow.hub.publish([change(seq, 'a')]);
    await slow.clock.advance('29s');
    slow.outlet.checkDeadline(slow.clock.monotonicMs());
    expect(slow.closings).toEqual([]);
    await slow.clock.advance('2s');
    slow.outlet.checkDeadline(slow.clock.monotonicMs());
    expect(slow.closings).toHaveLength(1);
  });

  it('T4 is given more time for a large snapshot than for changes', async () => {
    const { sink, catchUp, subscribe, clock, outlet, closings, hub } = client({ snapshot: async () => ({ epoch: 'e', seq: 0, timestamp: 0, json: JSON.stringify(['x'.repeat(1_000_000)]), ids: ['a'] }) });
    sink.isStuck = true;
    await catchUp.follow(subscribe(), undefined);
    hub.publish([change(1)]);
    await clock.advance('60s');
    outlet.checkDeadline(clock.monotonicMs());
    expect(closings).toEqual([]);
    await clock.advance('2s');
    outlet.checkDeadline(clock.monotonicMs());
    expect(closings).toHaveLength(1);
  });

  it('T4 delays nobody else', async () => {
    const hub = new Hub(new WriteTurn());
    const stuck = client({}, hub);
    const quick = client({}, hub);
    for (const { catchUp, subscribe } of [stuck, quick]) await catchUp.follow(subscribe(), undefined);
    stuck.sink.isStuck = true;
    for (let seq = 1; seq <= 50; seq += 1) hub.publish([change(seq, `i${seq % 5}`)]);
    expect(quick.sink.parsed().slice(1).map(({ seq }) => seq)).toEqual(Array.from({ length: 50 }, (_, n) => n + 1));
    expect(stuck.sink.frames.length).toBeLessThan(15);
  });
});

describe('the hub', () => {
  it('says when somebody follows and when nobody does', () => {
    const told: boolean[] = [];
    const hub = new Hub(new WriteTurn(), (isUsed) => void told.push(isUsed));
    const a = hub.target(place);
    const b = hub.target({ ...place, item: 'i' });
    expect(hub.target(place)).toBe(a);
    hub.release(a);
    hub.release(b);
    expect(told).toEqual([true]);
    hub.release(a);
    expect(told).toEqual([true, false]);
    expect(hub.isFollowed('s', 'g', 'i')).toBe(false);
  });

  it('does not forget a target that somebody is about to follow', async () => {
    const { sink, hub, catchUp, subscribe } = client();
    const [staying, leaving] = [subscribe('1'), subscribe('2')];
    await catchUp.follow(leaving, undefined);
    leaving.end();
    hub.release(leaving.target);
    await catchUp.follow(staying, undefined);
    hub.publish([change(1)]);
    expect(sink.parsed().at(-1)).toMatchObject({ subscriptionId: '1', seq: 1 });
  });

  it('T1 has everybody start over who missed something: those that follow, those that are slow, and those that are reading', async () => {
    let answer = (_snapshot: PlaceSnapshot): void => undefined;
    let reads = 0;
    const { hub, catchUp, subscribe, startedOver, sink } = client({
      snapshot: () => {
        reads += 1;
        return reads === 1 ? Promise.resolve({ epoch: 'e', seq: 0, timestamp: 0, json: '[]', ids: [] }) : new Promise((resolve) => (answer = resolve));
      },
    });
    await catchUp.follow(subscribe('live'), undefined);
    const reading = catchUp.follow(subscribe('reading', 'other'), undefined);
    await until(() => reads === 2);
    hub.missed();
    expect(startedOver).toEqual(['live']);
    answer({ epoch: 'e', seq: 5, timestamp: 0, json: '[]', ids: [] });
    await until(() => reads === 3);
    answer({ epoch: 'e', seq: 9, timestamp: 0, json: '[]', ids: [] });
    expect(await reading).toMatchObject({ kind: 'following', seq: 9 });
    expect(sink.parsed().map(({ seq }) => seq)).toEqual([0, 9]);
  });
});
