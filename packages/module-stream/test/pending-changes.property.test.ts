import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { PendingChanges, type MergedChange } from '../src/delivery/pending-changes.js';
import type { StreamChangeEvent } from '../src/stream-event.js';

/** A group as its changes make it: each operation is a creation, an update or a deletion, as the item stands. */
function changesOf(operations: readonly (readonly [item: string, isDeletion: boolean])[], items: Map<string, string>): StreamChangeEvent[] {
  const changes: StreamChangeEvent[] = [];
  for (const [item, isDeletion] of operations) {
    const old = items.get(item);
    if (isDeletion && old === undefined) continue;
    const seq = changes.length + 1;
    const json = isDeletion ? (old as string) : String(seq);
    if (isDeletion) items.delete(item);
    else items.set(item, json);
    changes.push({ kind: 'change', stream: 's', group: 'g', item, type: isDeletion ? 'delete' : old === undefined ? 'create' : 'update', seq, prevSeq: seq - 1, epoch: 'e', timestamp: seq, json });
  }
  return changes;
}

const operations = fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c', 'd'), fc.boolean()), { maxLength: 40 });

describe('changes put together for a slow reader', () => {
  it('T4 lead to the same items as all of them, in order, each as a client must see it', () => {
    fc.assert(fc.property(operations, operations, fc.integer({ min: 1, max: 200 }), (before, during, room) => {
      const truth = new Map<string, string>();
      changesOf(before, truth);
      const view = new Map(truth);
      const changes = changesOf(during, truth);
      const pending = new PendingChanges();
      for (const change of changes) pending.add(change);
      const taken: MergedChange[] = [];
      while (!pending.isEmpty) taken.push(...pending.take(room));
      for (const { event, type } of taken) {
        // A client of the reference system ignores a creation of what it has, and an update of what it has not.
        if (type === 'create') expect(view.has(event.item)).toBe(false);
        if (type === 'update') expect(view.has(event.item)).toBe(true);
        if (type === 'delete') view.delete(event.item);
        else view.set(event.item, event.json);
      }
      expect(view).toEqual(truth);
      const seqs = taken.map(({ event }) => event.seq);
      expect(seqs).toEqual([...seqs].sort((a, b) => a - b));
      expect(new Set(taken.map(({ event }) => event.item)).size).toBe(taken.length);
      expect([seqs.at(-1), pending.bytes]).toEqual([changes.at(-1)?.seq, 0]);
    }));
  });

  it('T4 hold no more than one change of each item', () => {
    const pending = new PendingChanges();
    const change = (seq: number, size: number): StreamChangeEvent => ({ kind: 'change', stream: 's', group: 'g', item: `i${seq % 3}`, type: 'update', seq, prevSeq: seq - 1, epoch: 'e', timestamp: seq, json: 'x'.repeat(size) });
    for (let seq = 1; seq <= 300; seq += 1) pending.add(change(seq, 1_000));
    expect(pending.bytes).toBe(3 * 1_200);
    expect(pending.take(1_500).map(({ event }) => event.seq)).toEqual([298]);
    expect(pending.take(1).map(({ event }) => event.seq)).toEqual([299]);
    pending.clear();
    expect([pending.isEmpty, pending.bytes]).toEqual([true, 0]);
  });
});
