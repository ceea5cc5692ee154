import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '@motia/engine-core/testing';
import { GroupView } from './fixtures/group-view.js';
import { startStream, todo, until, type StreamFixture } from './fixtures/start-stream.js';
import { transports } from './fixtures/stream-client.js';

const kib = 1_024;
/** Small bounds, so that little is needed beyond what the operating system buffers for a connection. */
const slow_reader = { coalesce_bytes: 64 * kib, close_bytes: 4_096 * kib };
const chunk = 'x'.repeat(100 * kib);

/** Writes more than any connection buffers, to five items in turn. */
async function flood(streams: StreamFixture, count: number, from = 0): Promise<void> {
  for (let n = from; n < from + count; n += 1) await streams.set('inbox', `item-${n % 5}`, { n, chunk });
}

/** Bytes that live objects and buffers hold. */
function heldBytes(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

describe.each(transports)('a client over %s that reads too slowly', (transport) => {
  it('T4 gets the latest change of each item when it reads on, while others got every change at once', async () => {
    await using streams = await startStream({ options: { slow_reader } });
    const slow = new GroupView(todo, 'inbox');
    const quick = new GroupView(todo, 'inbox');
    const slowClient = await streams.connect(transport);
    slow.follow(slowClient);
    quick.follow(await streams.connect(transport));
    await Promise.all([slow.until(() => slow.syncs === 1), quick.until(() => quick.syncs === 1)]);
    slowClient.pause();
    await flood(streams, 300);
    await quick.until(() => quick.lastSeq === 300);
    expect(quick.seqs).toEqual(Array.from({ length: 300 }, (_, n) => n + 1));
    slowClient.resume();
    await slow.until(() => slow.lastSeq === 300);
    expect(slow.breaches).toEqual([]);
    expect(slow.seqs.length).toBeLessThan(290);
    expect([...slow.items].sort()).toEqual([...quick.items].sort());
    // It has caught up: nothing is left out any more.
    await flood(streams, 5, 300);
    await slow.until(() => slow.lastSeq === 305);
    expect(slow.seqs.slice(-5)).toEqual([301, 302, 303, 304, 305]);
    expect(slow.syncs).toBe(1);
  }, 60_000);

  it('T4 never makes the engine hold more than its budget', async () => {
    await using streams = await startStream({ options: { slow_reader, resume: { max_events: 10 } } });
    const client = await streams.connect(transport);
    const view = new GroupView(todo, 'inbox');
    view.follow(client);
    await view.until(() => view.syncs === 1);
    client.pause();
    await flood(streams, 150);
    const before = heldBytes();
    await flood(streams, 600, 150);
    // 60 MB went by; of them it may hold what is buffered and one change of each of five items.
    expect(heldBytes() - before).toBeLessThan(6 * kib * kib);
    client.resume();
    await view.until(() => view.lastSeq === 750);
    expect(view.breaches).toEqual([]);
  }, 60_000);

  it('T4 is closed with 1013 when even that is too much, and resumes without a snapshot', async () => {
    await using streams = await startStream({ options: { slow_reader: { ...slow_reader, close_bytes: 512 * kib } } });
    const view = new GroupView(todo, 'inbox');
    const client = await streams.connect(transport);
    view.follow(client);
    await view.until(() => view.syncs === 1);
    client.pause();
    for (let n = 0; n < 200; n += 1) await streams.set('inbox', `own-${n}`, { n, chunk });
    client.resume();
    expect(await client.ended).toMatchObject({ code: 1013 });
    view.follow(await streams.connect(transport));
    await view.until(() => view.lastSeq === 200);
    expect([view.breaches, view.resumes, view.syncs, view.items.size]).toEqual([[], 1, 1, 200]);
  }, 60_000);

  it('T4 is closed with 1013 when it has taken nothing for 30 s', async () => {
    const clock = new ManualClock();
    await using streams = await startStream({ clock, options: { slow_reader } });
    const client = await streams.connect(transport);
    client.join({ subscriptionId: '1', streamName: todo, groupId: 'inbox' });
    await client.next(({ event }) => event?.type === 'sync');
    client.pause();
    await flood(streams, 200);
    let hasEnded = false;
    void client.ended.then(() => (hasEnded = true));
    await clock.advance('29s');
    expect(hasEnded).toBe(false);
    await clock.advance('2s');
    client.resume();
    expect(await client.ended).toMatchObject({ code: 1013 });
  }, 60_000);

  it('T4 does without messages while it is behind, and hears them again afterwards', async () => {
    await using streams = await startStream({ options: { slow_reader } });
    const client = await streams.connect(transport);
    const view = new GroupView(todo, 'inbox');
    view.follow(client);
    await view.until(() => view.syncs === 1);
    client.pause();
    await flood(streams, 200);
    const send = (type: string): Promise<unknown> => streams.call('stream::send', { stream_name: todo, group_id: 'inbox', type, data: 1 });
    await send('unheard');
    client.resume();
    await view.until(() => view.lastSeq === 200);
    await streams.set('inbox', 'item-0', { n: 200 });
    await view.until(() => view.lastSeq === 201);
    await send('heard');
    await until(() => client.frames.some(({ event }) => event?.event?.type === 'heard'));
    expect(client.frames.some(({ event }) => event?.event?.type === 'unheard')).toBe(false);
  }, 60_000);

  it('T4 asks for many large groups and gets one after the other', async () => {
    await using streams = await startStream({ options: { slow_reader } });
    for (let group = 0; group < 20; group += 1) for (let n = 0; n < 10; n += 1) await streams.set(`group-${group}`, `i${n}`, { n, chunk });
    const client = await streams.connect(transport);
    client.pause();
    const other = await streams.connect(transport);
    for (const each of [client, other]) for (let group = 0; group < 20; group += 1) each.join({ subscriptionId: String(group), streamName: todo, groupId: `group-${group}` });
    await until(() => other.frames.filter(({ event }) => event?.type === 'sync').length === 20);
    client.resume();
    await until(() => client.frames.filter(({ event }) => event?.type === 'sync').length === 20);
  }, 60_000);
});
