import { describe, expect, it } from '@jest/globals';
import { GroupView } from './fixtures/group-view.js';
import { startStream, todo } from './fixtures/start-stream.js';
import { transports } from './fixtures/stream-client.js';

/** A pseudo-random sequence, so that a failure can be repeated. */
function randoms(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

const updates = 1_000;
const cutsPerClient = 50;

describe.each(transports)('clients over %s whose connections break', (transport) => {
  it.each([1, 20_261])(`T1 T2 T3 two clients, ${updates} random updates, ${2 * cutsPerClient} forced disconnects: each view equals the server's, no number lost or doubled (seed %i)`, async (seed) => {
    const random = randoms(seed);
    await using streams = await startStream({ options: { messages_per_second: 10_000 } });
    const views = [new GroupView(todo, 'inbox'), new GroupView(todo, 'inbox')];
    let isWriting = true;
    let cutsWhileWriting = 0;
    let onWritten = (): void => undefined;
    const hasWritten = new Promise<void>((resolve) => (onWritten = resolve));
    const pace = await streams.connect('plain');
    let pongs = 0;

    /** A round trip over the network: followers read what they are sent while writing goes on. */
    async function keepPace(): Promise<void> {
      pace.send('ping');
      await pace.next(({ type }) => type === 'pong', pongs);
      pongs += 1;
    }

    async function write(): Promise<void> {
      for (let n = 0; n < updates; n += 1) {
        const item = `item-${Math.floor(random() * 20)}`;
        const address = { stream_name: todo, group_id: 'inbox', item_id: item };
        const dice = random();
        if (dice < 0.2) await streams.call('stream::delete', address);
        else if (dice < 0.5) await streams.call('stream::update', { ...address, ops: [{ type: 'increment', path: 'n', by: 1 }] });
        else await streams.call('stream::set', { ...address, data: { id: item, n, text: 'x'.repeat(Math.floor(random() * 500)) } });
        await keepPace();
      }
      isWriting = false;
      onWritten();
    }

    async function followAndBreak(view: GroupView): Promise<number> {
      let cuts = 0;
      while (cuts < cutsPerClient) {
        const client = await streams.connect(transport);
        view.follow(client);
        // Somewhere between at once and some frames later.
        const frames = Math.floor(random() * 12);
        for (let seen = 0; seen < frames && isWriting; seen += 1) await Promise.race([client.next(() => true, seen), hasWritten]);
        client.cut();
        await client.ended;
        cuts += 1;
        if (isWriting) cutsWhileWriting += 1;
      }
      return cuts;
    }

    const [, ...cuts] = await Promise.all([write(), ...views.map(followAndBreak)]);
    expect(cuts).toEqual([cutsPerClient, cutsPerClient]);
    expect(cutsWhileWriting).toBeGreaterThan(cutsPerClient);
    const truth = await streams.host.functions.invoke('stream::list', { stream_name: todo, group_id: 'inbox' });
    const probe = await streams.connect(transport);
    probe.join({ subscriptionId: 'p', streamName: todo, groupId: 'inbox' });
    const end = (await probe.next(({ event }) => event?.type === 'sync')).seq ?? 0;
    for (const view of views) {
      view.follow(await streams.connect(transport));
      await view.until(() => view.lastSeq === end);
      expect(view.breaches).toEqual([]);
      expect(new Set(view.seqs).size).toBe(view.seqs.length);
      expect([...view.items.values()].sort(byText)).toEqual([...(truth as readonly unknown[])].sort(byText));
      expect(view.resumes).toBeGreaterThan(cutsPerClient / 2);
      expect(view.resyncs).toBe(0);
      // What it was sent as changes and what its snapshots held is everything, without a hole.
      const first = view.seqs[0] ?? end;
      if (view.syncs === 1) expect(view.seqs).toEqual(Array.from({ length: end - first + 1 }, (_, index) => first + index));
    }
  }, 120_000);
});

const byText = (a: unknown, b: unknown): number => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);
