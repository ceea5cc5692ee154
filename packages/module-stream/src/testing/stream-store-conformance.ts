import { isMotiaError, type ModuleUse, type PluginChoice } from '@motia/engine-core/contract';
import type { TestRunner } from '@motia/engine-core/testing';
import type { CheckedUpdateOp } from '@motia/update-ops';
import type { StreamEvent } from '../stream-event.js';
import type { ItemChange, ItemOutcome, ItemWrite } from '../stream-store.js';
import { probeSettings, probeStore, type StoreProbe } from './store-probe.js';

export interface StreamStoreConformanceOptions {
  /** How config names the adapter, with options that start anywhere. Called once per store; the same place again when `again` is true. */
  readonly adapter: (again?: boolean) => PluginChoice;
  /** Modules that it needs beside those that it brings. */
  readonly modules?: (again?: boolean) => readonly ModuleUse[];
  /** Whether what it keeps outlives its engine: `adapter(true)` opens the same place anew. */
  readonly isDurable: boolean;
}

const address = { stream: 'todo', group: 'inbox', item: 'a' };
const nobody = { triggers: [], triggerDepth: 0, timestampFloor: 0 } as const;
const write = (change: ItemChange, item = 'a', group = 'inbox'): ItemWrite => ({ ...nobody, address: { stream: 'todo', group, item }, change });
const set = (value: unknown): ItemChange => ({ kind: 'set', json: JSON.stringify(value) });
const update = (...ops: CheckedUpdateOp[]): ItemChange => ({ kind: 'update', ops });

const all = { stream: 'todo', group: 'inbox', limit: 1_000, maxBytes: 1_000_000 };

/** What every store promises the stream module: `streamStoreConformance({ describe, it, expect }, { adapter: () => ({ class: '…' }), isDurable: true })`. */
export function streamStoreConformance({ describe, it, expect }: TestRunner, subject: StreamStoreConformanceOptions): void {
  const open = (again = false): Promise<StoreProbe> => probeStore(subject.adapter(again), subject.modules?.(again) ?? []);
  const codeOf = (run: Promise<unknown>): Promise<string> => run.then(() => 'nothing', (error: unknown) => (isMotiaError(error) ? error.code : String(error)));

  describe('as a store of streams', () => {
    it('keeps items as they were given, in the order in which they came', async () => {
      await using probe = await open();
      const { store } = probe;
      expect(await store.get(address)).toEqual(undefined);
      await store.change(write(set({ n: 1 })));
      await store.change(write(set('second'), 'b'));
      await store.change(write(set(null), 'c'));
      await store.change(write(set({ n: 2 })));
      expect(await store.get(address)).toEqual('{"n":2}');
      expect(await store.list(all)).toEqual({ items: [{ id: 'a', json: '{"n":2}' }, { id: 'b', json: '"second"' }, { id: 'c', json: 'null' }] });
      expect(await store.list({ ...all, group: 'other' })).toEqual({ items: [] });
    });

    it('gives a group page by page, each item once, whatever happens to those that were given', async () => {
      await using probe = await open();
      const { store } = probe;
      for (let n = 0; n < 600; n += 1) await store.change(write(set(n), `i${n}`));
      const first = await store.list({ ...all, limit: 250 });
      expect([first.items.length, first.items.at(-1), first.cursor !== undefined]).toEqual([250, { id: 'i249', json: '249' }, true]);
      await store.change({ ...write({ kind: 'delete' }, 'i249') });
      await store.change(write(set(9), 'i0'));
      const second = await store.list({ ...all, limit: 350, after: first.cursor ?? '' });
      expect([second.items.map(({ id }) => id), second.cursor]).toEqual([Array.from({ length: 350 }, (_, n) => `i${n + 250}`), undefined]);
      const few = await store.list({ ...all, maxBytes: 4 });
      expect([few.items.map(({ id }) => id), few.cursor !== undefined]).toEqual([['i0', 'i1', 'i2', 'i3'], true]);
      const one = await store.list({ ...all, maxBytes: 0 });
      expect([one.items.length, one.cursor !== undefined]).toEqual([1, true]);
    });

    it('keeps what a name may hold apart', async () => {
      await using probe = await open();
      const names = ['a', 'A', 'a ', 'a:b', 'a/b', 'ä', "a'b", '%', '_', '👋'];
      for (const name of names) await probe.store.change(write(set(name), name));
      expect((await probe.store.list(all)).items.map(({ id }) => id)).toEqual(names);
      for (const name of names) expect(await probe.store.get({ ...address, item: name })).toEqual(JSON.stringify(name));
    });

    it('T1 numbers the changes of each group from 1 on, without gaps, also when they come at once', async () => {
      await using probe = await open();
      const changes = await Promise.all(Array.from({ length: 30 }, (_, n) => probe.store.change(write(set(n), `i${n % 7}`, n % 3 === 0 ? 'inbox' : 'done'))));
      const seqs = (groupOf: (n: number) => boolean): readonly (number | undefined)[] => changes.filter((_, n) => groupOf(n)).map(({ event }) => event?.seq);
      expect(seqs((n) => n % 3 === 0)).toEqual(Array.from({ length: 10 }, (_, n) => n + 1));
      expect(seqs((n) => n % 3 !== 0)).toEqual(Array.from({ length: 20 }, (_, n) => n + 1));
    });

    it('says what each change was', async () => {
      await using probe = await open();
      const { store } = probe;
      const shown = ({ event, oldJson, newJson }: ItemOutcome): unknown => [event?.type, event?.seq, oldJson, newJson];
      expect(shown(await store.change(write(set(1))))).toEqual(['create', 1, undefined, '1']);
      expect(shown(await store.change(write(set(2))))).toEqual(['update', 2, '1', '2']);
      expect(shown(await store.change(write({ kind: 'delete' })))).toEqual(['delete', 3, '2', undefined]);
      expect(shown(await store.change(write({ kind: 'delete' })))).toEqual([undefined, undefined, undefined, undefined]);
      expect(shown(await store.change(write(update({ type: 'increment', path: ['n'], by: 2 }))))).toEqual(['create', 4, undefined, '{"n":2}']);
    });

    it('gives every item strictly later timestamps, also after it was deleted, and later than asked for', async () => {
      await using probe = await open();
      const times: number[] = [];
      for (let n = 0; n < 20; n += 1) {
        const { event } = await probe.store.change(write(n % 4 === 3 ? { kind: 'delete' } : set(n)));
        times.push(event?.timestamp ?? 0);
      }
      expect(times.every((time, n) => n === 0 || time > (times[n - 1] as number))).toEqual(true);
      const floor = (times.at(-1) as number) + 5_000;
      const { event } = await probe.store.change({ ...write(set('late')), timestampFloor: floor });
      expect((event?.timestamp ?? 0) > floor).toEqual(true);
    });

    it('S2 applies operations all or nothing', async () => {
      await using probe = await open();
      const { store } = probe;
      await store.change(write(set({ n: 1, name: 'x' })));
      expect(await codeOf(store.change(write(update({ type: 'increment', path: ['n'], by: 1 }, { type: 'increment', path: ['name'], by: 1 }))))).toEqual('MOTIA_STREAM_UPDATE_REFUSED');
      expect(await codeOf(store.change(write(update({ type: 'set', path: ['big'], value: 'x'.repeat(20_000) }))))).toEqual('MOTIA_STREAM_VALUE_TOO_LARGE');
      expect(await store.get(address)).toEqual('{"n":1,"name":"x"}');
      // What was refused has no number.
      expect((await store.change(write(set(0)))).event?.seq).toEqual(2);
    });

    it('lists groups and streams that hold items', async () => {
      await using probe = await open();
      const { store } = probe;
      await store.change(write(set(1), 'a', 'later'));
      await store.change(write(set(1), 'a', 'inbox'));
      await store.change({ ...write(set(1)), address: { stream: 'chat', group: 'room', item: 'm' } });
      const [room, inbox, later] = [{ stream: 'chat', name: 'room' }, { stream: 'todo', name: 'inbox' }, { stream: 'todo', name: 'later' }];
      const whole = { limit: 10 };
      expect(await store.groups({ ...whole, stream: 'todo' })).toEqual({ groups: [inbox, later], hasMore: false });
      expect(await store.groups(whole)).toEqual({ groups: [room, inbox, later], hasMore: false });
      expect(await store.groups({ limit: 2 })).toEqual({ groups: [room, inbox], hasMore: true });
      expect(await store.groups({ limit: 2, after: inbox })).toEqual({ groups: [later], hasMore: false });
      expect(await store.groups({ limit: 1, stream: 'todo' })).toEqual({ groups: [inbox], hasMore: true });
      await store.change(write({ kind: 'delete' }, 'a', 'inbox'));
      expect(await store.groups({ ...whole, stream: 'todo' })).toEqual({ groups: [later], hasMore: false });
      // The place of a page holds although its group is gone.
      expect(await store.groups({ ...whole, stream: 'todo', after: inbox })).toEqual({ groups: [later], hasMore: false });
      expect(await store.groups({ ...whole, stream: 'nothing' })).toEqual({ groups: [], hasMore: false });
    });

    it('remembers which operations of a stream a worker has taken over, until they are cleared', async () => {
      await using probe = await open();
      const { store } = probe;
      const [get, set, other] = [{ stream: 'todo', operation: 'get' }, { stream: 'todo', operation: 'set' }, { stream: 'chat', operation: 'get' }] as const;
      for (const mark of [get, set, other, set]) await store.markCustom(mark);
      const marks = await store.customMarks();
      expect(marks.map(({ stream, operation }) => `${stream} ${operation}`).sort()).toEqual(['chat get', 'todo get', 'todo set']);
      await store.clearCustom('todo');
      expect(await store.customMarks()).toEqual([other]);
    });

    it('T2 hands out every change from a snapshot on, once and in order', async () => {
      await using probe = await open();
      const { store } = probe;
      await store.change(write(set(0)));
      const seen: StreamEvent[] = [];
      using _ = disposable(store.listen({ events: (events) => void seen.push(...events), missed: () => undefined }));
      const before = Promise.all(Array.from({ length: 5 }, (_unused, n) => store.change(write(set(n), 'b'))));
      const snapshot = await store.snapshot({ stream: 'todo', group: 'inbox' });
      await before;
      await Promise.all(Array.from({ length: 5 }, (_unused, n) => store.change(write(set(n), 'c'))));
      await arrived(seen, 10);
      const seqs = seen.flatMap((event) => (event.kind === 'change' && event.seq > snapshot.seq ? [event.seq] : []));
      expect(seqs).toEqual(Array.from({ length: 11 - snapshot.seq }, (_unused, n) => snapshot.seq + 1 + n));
      expect(seen.every((event) => event.kind !== 'change' || (event.epoch === snapshot.epoch && event.prevSeq === event.seq - 1))).toEqual(true);
    });

    it('hands out messages in their place, and keeps none', async () => {
      await using probe = await open();
      const { store } = probe;
      const seen: StreamEvent[] = [];
      using _ = disposable(store.listen({ events: (events) => void seen.push(...events), missed: () => undefined }));
      await store.change(write(set(1)));
      await store.send({ ...nobody, stream: 'todo', group: 'inbox', type: 'typing', json: '{"who":"Ada"}' });
      await store.change(write(set(2)));
      await arrived(seen, 2);
      expect(seen.map((event) => (event.kind === 'message' ? `${event.type} ${event.json}` : event.seq))).toEqual([1, 'typing {"who":"Ada"}', 2]);
      expect((await store.snapshot({ stream: 'todo', group: 'inbox' })).seq).toEqual(2);
    });

    it('gives snapshots of groups, of items, and of what is not there', async () => {
      await using probe = await open();
      const { store } = probe;
      const none = await store.snapshot({ stream: 'todo', group: 'inbox' });
      expect([none.json, none.ids, none.seq]).toEqual(['[]', [], 0]);
      await store.change(write(set({ n: 1 })));
      const { event } = await store.change(write(set({ n: 2 }), 'b'));
      const group = await store.snapshot({ stream: 'todo', group: 'inbox' });
      expect([group.json, group.ids, group.seq, group.epoch]).toEqual(['[{"n":1},{"n":2}]', ['a', 'b'], 2, none.epoch]);
      expect(group.timestamp >= (event?.timestamp ?? 0)).toEqual(true);
      const item = await store.snapshot({ stream: 'todo', group: 'inbox', item: 'b' });
      expect([item.json, item.ids, item.seq, item.timestamp]).toEqual(['{"n":2}', undefined, 2, event?.timestamp]);
      expect((await store.snapshot({ stream: 'todo', group: 'inbox', item: 'zzz' })).json).toEqual('null');
    });

    it('T3 tells what came after a number, of a group and of an item, as long as it keeps it', async () => {
      await using probe = await open();
      const { store } = probe;
      for (let n = 0; n < 10; n += 1) await store.change(write(set(n), n % 2 === 0 ? 'even' : 'odd'));
      const { epoch } = await store.snapshot({ stream: 'todo', group: 'inbox' });
      const after = async (seq: number, item?: string): Promise<unknown> => {
        const page = await store.changesAfter({ stream: 'todo', group: 'inbox', item }, { epoch, seq });
        return page.kind === 'gone' ? page.reason : [page.changes.map((change) => change.seq), page.upTo, page.isLast];
      };
      expect(await after(7)).toEqual([[8, 9, 10], 10, true]);
      expect(await after(7, 'even')).toEqual([[9], 10, true]);
      expect(await after(10)).toEqual([[], 10, true]);
      expect(await after(11)).toEqual('future');
      for (let n = 0; n < probeSettings.resumeEvents; n += 1) await store.change(write(set(n)));
      expect(await after(9)).toEqual('log');
      expect(((await after(10)) as readonly unknown[])[2]).toEqual(true);
      const foreign = await store.changesAfter({ stream: 'todo', group: 'inbox' }, { epoch: 'another', seq: 1 });
      expect(foreign).toEqual({ kind: 'gone', reason: 'epoch' });
    });

    it('T3 gives the log page by page, without a hole', async () => {
      const settings = { ...probeSettings, resumeEvents: 1_000 };
      await using probe = await probeStore(subject.adapter(), subject.modules?.() ?? [], settings);
      const { store } = probe;
      await Promise.all(Array.from({ length: 700 }, (_, n) => store.change(write(set(n), `i${n % 3}`))));
      const { epoch } = await store.snapshot({ stream: 'todo', group: 'inbox' });
      const seqs: number[] = [];
      for (let seq = 0, isLast = false; !isLast; ) {
        const page = await store.changesAfter({ stream: 'todo', group: 'inbox' }, { epoch, seq });
        if (page.kind === 'gone') throw new Error(page.reason);
        seqs.push(...page.changes.map((change) => change.seq));
        seq = page.upTo;
        isLast = page.isLast;
      }
      expect(seqs).toEqual(Array.from({ length: 700 }, (_, n) => n + 1));
    });

    it('numbers and hands out changes of items that are kept elsewhere', async () => {
      await using probe = await open();
      const { store } = probe;
      const seen: StreamEvent[] = [];
      using _ = disposable(store.listen({ events: (events) => void seen.push(...events), missed: () => undefined }));
      const first = await store.change(write({ kind: 'record', type: 'create', json: '{"n":1}' }));
      const second = await store.change(write({ kind: 'record', type: 'delete', json: '{"n":1}' }));
      expect([first.event?.seq, second.event?.seq, (second.event?.timestamp ?? 0) > (first.event?.timestamp ?? 0)]).toEqual([1, 2, true]);
      expect(await store.list(all)).toEqual({ items: [] });
      await arrived(seen, 2);
      expect(seen.map((event) => [event.kind, event.type, event.json])).toEqual([['change', 'create', '{"n":1}'], ['change', 'delete', '{"n":1}']]);
    });

    it('T5 owes the calls of a session exactly once', async () => {
      await using probe = await open();
      const { store } = probe;
      const calls = await store.dueCalls('stream:leave');
      const key = { sessionId: 's1', subscriptionId: '1' };
      await store.enterSession({ ...key, payload: '{}', triggers: [{ id: 'trg', functionId: 'f' }] });
      await store.endSession(key, {});
      await store.endSession(key, {});
      expect(calls.count()).toEqual(1);
      await store.enterSession({ ...key, payload: '{}', triggers: [{ id: 'trg', functionId: 'f' }] });
      await store.forgetSession(key);
      await store.endSession(key, {});
      // Alive: nobody else may end it.
      await store.enterSession({ ...key, payload: '{}', triggers: [{ id: 'trg', functionId: 'f' }] });
      expect([await store.endLostSessions(), calls.count()]).toEqual([0, 1]);
    });

    if (!subject.isDurable) return;

    it('keeps items, numbers and the epoch through a restart, and ends the sessions of the engine before', async () => {
      const first = await open();
      await first.store.change(write(set(1)));
      await first.store.change(write(set(2)));
      const { epoch } = await first.store.snapshot({ stream: 'todo', group: 'inbox' });
      await first.store.enterSession({ sessionId: 'dead', subscriptionId: '1', payload: '{}', triggers: [{ id: 'trg', functionId: 'f' }] });
      await first[Symbol.asyncDispose]();
      await using second = await open(true);
      const snapshot = await second.store.snapshot({ stream: 'todo', group: 'inbox' });
      expect([snapshot.json, snapshot.seq, snapshot.epoch]).toEqual(['[2]', 2, epoch]);
      const page = await second.store.changesAfter({ stream: 'todo', group: 'inbox' }, { epoch, seq: 1 });
      expect(page.kind === 'page' ? page.changes.map(({ seq, json }) => [seq, json]) : page.reason).toEqual([[2, '2']]);
      const calls = await second.store.dueCalls('stream:leave');
      expect([await second.store.endLostSessions(), calls.count(), await second.store.endLostSessions()]).toEqual([1, 1, 0]);
    });
  });
}

function disposable(registration: { dispose(): void }): Disposable {
  return { [Symbol.dispose]: () => registration.dispose() };
}

/** Resolves when so many changes have been handed out. */
async function arrived(events: readonly StreamEvent[], changes: number): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (events.filter(({ kind }) => kind === 'change').length < changes) {
    if (performance.now() > deadline) throw new Error(`only ${events.length} of ${changes} events came`);
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
}

