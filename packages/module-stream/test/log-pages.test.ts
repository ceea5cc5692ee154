import { describe, expect, it } from '@jest/globals';
import { KvStore } from '../src/index.js';
import { probeSettings, probeStore } from '../src/testing/store-probe.js';

describe('what a client has missed', () => {
  it('T3 comes in pages of bounded size, however large the changes are, and all of it', async () => {
    const changes = 10;
    await using probe = await probeStore({ class: KvStore.class, config: { store_method: 'in_memory' } }, [], { ...probeSettings, maxValueBytes: 1_000_000 });
    const { store } = probe;
    const address = { stream: 'todo', group: 'inbox', item: 'a' };
    const place = { stream: 'todo', group: 'none' };
    const json = JSON.stringify('x'.repeat(400_000));
    for (let n = 0; n < changes; n += 1) await store.change({ address, change: { kind: 'set', json }, timestampFloor: 0, triggers: [], triggerDepth: 0 });
    const { epoch } = await store.snapshot(place);
    const pages: number[] = [];
    for (let seq = 0, isLast = false; !isLast; ) {
      const page = await store.changesAfter({ stream: 'todo', group: 'inbox', ...(pages.length % 2 === 0 ? {} : { item: 'a' }) }, { epoch, seq });
      if (page.kind === 'gone') throw new Error(page.reason);
      pages.push(page.changes.length);
      expect(page.changes.map((change) => change.seq)).toEqual(page.changes.map((_, index) => seq + 1 + index));
      ({ upTo: seq, isLast } = page);
    }
    expect(pages).toEqual([2, 2, 2, 2, 2]);
  });
});
