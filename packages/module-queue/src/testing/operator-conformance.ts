import type { JobFailure } from '../job.js';
import type { Retention } from '../job-store.js';
import type { ConformanceSetting } from './job-store-conformance.js';
import { completed, dataOf, message, settlement, type OpenJobStore } from './open-job-store.js';

const failure: JobFailure = { kind: 'failed', code: 'BROKEN', message: 'it broke', atMs: 1, delivery: 1 };
const retention: Retention = { historyMs: 60_000, historyJobs: 3, resultMs: 120_000, deadLetterMs: 600_000 };

/** What operators do, and what is forgotten when. */
export function operatorConformance({ runner: { it, expect }, open }: ConformanceSetting): void {
  const kill = async (test: OpenJobStore, lane: number, queue: number, code = 'BROKEN'): Promise<readonly string[]> => {
    const deliveries = await test.take(lane);
    await test.settle(...deliveries.map((each) => settlement(each, queue, { kind: 'dead', counts: 'attempt', failure: { ...failure, code }, blocksGroup: false })));
    return deliveries.map(({ messageId }) => messageId);
  };
  const pruned = async (test: OpenJobStore): Promise<void> => {
    while ((await test.store.prune(retention)).isMore);
  };

  it('gives nothing of a paused queue, and takes what comes in', async () => {
    await using test = await open();
    const { lane, queue } = await test.subscribe('orders');
    await test.store.pause([queue], true);
    const { added, deliveries } = await test.exchange({ takes: [{ lane, slots: 1, leaseMs: 1_000 }], adds: [message('orders', 1)] });
    expect([added.map(({ status }) => status), deliveries]).toEqual([['added'], []]);
    expect((await test.store.lanes()).map(({ hasReady }) => hasReady)).toEqual([false]);
    await test.store.pause([queue], false);
    expect(dataOf(await test.take(lane))).toEqual([1]);
  });

  it('Q12 takes a dead job back once, counters at zero, with other data if it is given', async () => {
    await using test = await open();
    const { lane, queue } = await test.subscribe('orders');
    await test.add(message('orders', 'bad'));
    const [id = ''] = await kill(test, lane, queue);
    expect(await test.store.redrive([id, 'never'], { toHead: false, data: '"good"' })).toEqual(1);
    expect(await test.store.redrive([id], { toHead: false })).toEqual(0);
    const [again] = await test.take(lane);
    expect([again?.data, again?.attempts, again?.losses, again?.lease]).toEqual(['"good"', 0, 0, 2]);
  });

  it('Q12 moves many by a filter, part by part, each in one place only', async () => {
    await using test = await open();
    const { lane, queue } = await test.subscribe('orders');
    for (let id = 0; id < 5; id += 1) await test.add(message('orders', id));
    await kill(test, lane, queue);
    await test.add(message('orders', 'other'));
    await kill(test, lane, queue, 'OTHER');
    await test.store.startMove({ queue, filter: { queue, code: 'BROKEN' }, toHead: false });
    const refused = await test.store.startMove({ queue, filter: { queue }, toHead: false }).then(() => 'done', (error: { readonly code?: string }) => error.code);
    expect(refused).toEqual('MOTIA_QUEUE_REDRIVE_RUNNING');
    expect(await test.store.stepMove(queue, 3).then((task) => [task?.moved, task?.state])).toEqual([3, 'running']);
    // Dies again while the move is under way: it is not moved a second time.
    await kill(test, lane, queue);
    expect(await test.store.stepMove(queue, 3).then((task) => [task?.moved, task?.state])).toEqual([5, 'done']);
    expect(dataOf(await test.take(lane))).toEqual([3, 4]);
    const { jobs } = await test.store.list({ states: ['dead'], limit: 10 });
    expect(jobs.length).toEqual(4);
    expect((await test.store.moves()).map(({ moved, state }) => [moved, state])).toEqual([[5, 'done']]);
  });

  it('Q12 stops a move, and discards by id or filter', async () => {
    await using test = await open();
    const { lane, queue } = await test.subscribe('orders');
    for (let id = 0; id < 4; id += 1) await test.add(message('orders', id));
    const [first = ''] = await kill(test, lane, queue);
    await test.store.startMove({ queue, filter: { queue }, toHead: false });
    expect((await test.store.cancelMove(queue))?.state).toEqual('cancelled');
    expect((await test.store.stepMove(queue, 10))?.moved).toEqual(0);
    expect(await test.store.discard([first, first, 'never'])).toEqual(1);
    expect(await test.store.discardSome({ queue, code: 'OTHER' }, 10)).toEqual(0);
    expect(await test.store.discardSome({ queue }, 2)).toEqual(2);
    expect((await test.store.list({ states: ['dead'], limit: 10 })).jobs.length).toEqual(1);
    expect((await test.store.job(first))?.state).toEqual('discarded');
  });

  it('lists in pages and counts by state', async () => {
    await using test = await open();
    const { lane, queue } = await test.subscribe('orders');
    for (let id = 0; id < 5; id += 1) await test.add(message('orders', id));
    await test.add(message('orders', 'later', { delayMs: 1_000 }));
    await test.take(lane, 1);
    const pages: unknown[][] = [];
    for (let cursor: string | undefined = ''; cursor !== undefined; ) {
      const page: Awaited<ReturnType<typeof test.store.list>> = await test.store.list({ queue, states: ['leased', 'ready', 'delayed'], limit: 2, ...(cursor === '' ? {} : { cursor }) });
      pages.push(page.jobs.map(({ data }) => JSON.parse(data ?? 'null') as unknown));
      cursor = page.cursor;
    }
    expect(pages).toEqual([[0, 1], [2, 3], [4, 'later']]);
    const refused = await test.store.list({ queue, states: ['ready'], limit: 2, cursor: 'none of its own' }).then(() => 'listed', ({ code }: { readonly code?: string }) => code);
    expect(refused).toEqual('MOTIA_QUEUE_INVALID_OPTION');
    const [stats] = await test.store.stats();
    expect([stats?.ready, stats?.delayed, stats?.leased, stats?.depth, stats?.dead]).toEqual([4, 1, 1, 6, 0]);
    expect(stats?.oldestReadyAtMs).toEqual(test.clock.now());
  });

  it('finds the jobs of a receipt', async () => {
    await using test = await open();
    for (const functionId of ['a', 'b']) await test.subscribe('orders', functionId);
    const sent = message('orders', 1);
    await test.add(sent, message('orders', 2));
    expect((await test.store.jobsOf(sent.receiptId)).map(({ messageId }) => messageId)).toEqual([`${sent.receiptId}:a`, `${sent.receiptId}:b`]);
  });

  it('forgets what has ended by age and number, and never what has not', async () => {
    await using test = await open();
    const { lane, queue } = await test.subscribe('orders');
    for (let id = 0; id < 6; id += 1) await test.add(message('orders', id));
    for (const each of await test.take(lane, 5)) await test.settle(completed(each, queue));
    for (const each of await test.take(lane)) await test.settle(completed(each, queue, '1'));
    await test.add(message('orders', 'dies'));
    const [dead = ''] = await kill(test, lane, queue);
    await test.add(message('orders', 'waits'));
    const completedJobs = async (): Promise<number> => (await test.store.list({ states: ['completed'], limit: 100 })).jobs.length;
    await pruned(test);
    expect(await completedJobs()).toEqual(4);
    await test.clock.advance(60_001);
    await pruned(test);
    expect(await completedJobs()).toEqual(1);
    await test.clock.advance(60_000);
    await pruned(test);
    expect(await completedJobs()).toEqual(0);
    expect((await test.store.job(dead))?.state).toEqual('dead');
    await test.clock.advance(600_000);
    await pruned(test);
    expect(await test.store.job(dead)).toEqual(undefined);
    expect(dataOf(await test.take(lane))).toEqual(['waits']);
  });

  it('gives up what waits for longer than it may, and hands out nothing of it', async () => {
    await using test = await open();
    const { lane, queue } = await test.subscribe('orders');
    await test.store.pause([queue], true);
    await test.add(...Array.from({ length: 450 }, (_, id) => message('orders', id, { ttlMs: 1_000 })), message('orders', 'delayed', { ttlMs: 1_000, delayMs: 5_000 }), message('orders', 'stays'));
    await test.store.pause([queue], false);
    await test.clock.advance(1_000);
    const taken: unknown[] = [];
    for (let round = 0; round < 5; round += 1) taken.push(...dataOf(await test.take(lane, 10)));
    expect(taken).toEqual(['stays']);
    const { jobs } = await test.store.list({ states: ['dead'], limit: 1_000 });
    expect([jobs.length, new Set(jobs.map(({ failures }) => failures[0]?.code))]).toEqual([450, new Set(['MOTIA_QUEUE_EXPIRED'])]);
    await test.clock.advance(5_000);
    expect((await test.store.prune(retention)).gaveUp).toEqual(1);
    await test.store.redrive(jobs.slice(0, 1).map(({ messageId }) => messageId), { toHead: false });
    await test.clock.advance(600_000);
    expect(dataOf(await test.take(lane))).toEqual([0]);
  });

  it('ends a subscription that nobody serves: what it holds is dead-lettered', async () => {
    await using test = await open();
    const { queue } = await test.subscribe('orders', 'gone');
    const stays = await test.subscribe('orders', 'stays');
    await test.add(message('orders', 1), message('orders', 2, { delayMs: 5_000 }));
    await test.store.unsubscribe(queue);
    await test.add(message('orders', 3));
    await pruned(test);
    const { jobs } = await test.store.list({ states: ['dead'], limit: 10 });
    expect(jobs.map(({ functionId, failures }) => [functionId, failures[0]?.code])).toEqual([['gone', 'MOTIA_QUEUE_SUBSCRIBER_GONE'], ['gone', 'MOTIA_QUEUE_SUBSCRIBER_GONE']]);
    expect(dataOf(await test.take(stays.lane))).toEqual([1, 3]);
  });
}
