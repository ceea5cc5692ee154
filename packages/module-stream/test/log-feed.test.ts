import { describe, expect, it } from '@jest/globals';
import { StorePoolRef, type StoreService } from '@motia/engine-core/contract';
import { ManualClock, memoryLogger, startTestHost } from '@motia/engine-core/testing';
import { sqliteStore } from '@motia/store-sqlite';
import { openDueCalls } from '@motia/store-sqlite/outbox';
import { LogFeed } from '../src/adapters/log-feed.js';
import { storeProgram } from '../src/program/stream-program.js';

const write = (item: string) => ({
  address: { stream: 's', group: 'g', item }, change: { kind: 'set', json: '1' }, timestampFloor: 0, triggers: [], triggerDepth: 0, epoch: 'e', maxValueBytes: 1_000, resumeEvents: 10, isShared: false,
} as const);

async function openLog(store: StoreService) {
  await openDueCalls({ store, kind: 'stream', clock: new ManualClock(), logger: memoryLogger() });
  return store.open(storeProgram);
}

describe('the log as the engine reads it', () => {
  it('T2 says that something is missing when it was all taken away unread, and goes on after it', async () => {
    await using host = await startTestHost([sqliteStore({ durability: 'memory' })]);
    const store = await host.service(StorePoolRef).open({});
    const handle = await openLog(store);
    const feed = new LogFeed({ store, handle, epoch: 'e', logger: memoryLogger() });
    const seen: unknown[] = [];
    feed.listen({ events: (events) => seen.push(...events.map((event) => event.item)), missed: () => seen.push('missed') });
    await handle.run('change', write('a'));
    feed.read();
    await handle.run('change', write('b'));
    await handle.run('prune', { resumeAgeMs: -60_000 });
    feed.read();
    feed.read();
    expect(seen).toEqual(['a', 'missed']);
    await handle.run('change', write('c'));
    feed.read();
    expect(seen).toEqual(['a', 'missed', 'c']);
  });
});
