import type { Delivery, JobFailure } from '../job.js';
import type { ConformanceSetting } from './job-store-conformance.js';
import { completed, dataOf, message, settlement } from './open-job-store.js';

const failure: JobFailure = { kind: 'failed', code: 'BROKEN', message: 'it broke', stack: 'Error: it broke\n    at f', atMs: 1, delivery: 1, traceId: '0'.repeat(31) + '1', spanId: '0'.repeat(15) + '1' };

/** Who holds a job, and what becomes of it. */
export function leaseConformance({ runner: { it, expect }, open, isDurable, place, openAt }: ConformanceSetting): void {
  it('Q5 takes a settlement once, and only with the lease that is held', async () => {
    await using test = await open();
    const { lane, queue } = await test.subscribe('orders');
    await test.add(message('orders', 1));
    const [first] = await test.take(lane);
    if (first === undefined) throw new Error('nothing was handed over');
    expect(await test.settle(settlement(first, queue, { kind: 'again', delayMs: 0, counts: 'attempt', failure }))).toEqual([true]);
    const [second] = await test.take(lane);
    expect([second?.key, second?.lease, second?.attempts]).toEqual([first.key, 2, 1]);
    expect(await test.settle(completed(first, queue), settlement(first, queue, { kind: 'dead', counts: 'attempt', failure, blocksGroup: false }))).toEqual([false, false]);
    expect(await test.store.renew([{ key: first.key, lease: first.lease, leaseMs: 1_000 }])).toEqual([first.key]);
    if (second === undefined) throw new Error('nothing was handed over');
    expect(await test.store.renew([{ key: second.key, lease: second.lease, leaseMs: 1_000 }])).toEqual([]);
    expect(await test.settle(completed(second, queue))).toEqual([true]);
    expect(await test.settle(completed(second, queue))).toEqual([false]);
    expect((await test.store.job(first.messageId))?.state).toEqual('completed');
  });

  it('Q6 counts attempts, losses and deliveries apart, and a job that is given back counts nothing', async () => {
    await using test = await open();
    const { lane, queue } = await test.subscribe('orders');
    await test.add(message('orders', 1));
    const ends = [{ counts: 'attempt' as const, failure }, { counts: 'loss' as const, failure: { ...failure, kind: 'lost' as const } }, {}];
    for (const end of ends) for (const delivery of await test.take(lane)) await test.settle(settlement(delivery, queue, { kind: 'again', delayMs: 0, ...end }));
    const [last] = await test.take(lane);
    expect([last?.attempts, last?.losses, last?.lease]).toEqual([1, 1, 4]);
    const job = await test.store.job(last?.messageId ?? '');
    expect([job?.attempts, job?.losses, job?.deliveries, job?.failures.map(({ kind }) => kind)]).toEqual([1, 1, 4, ['lost', 'failed']]);
  });

  it('Q7 brings a job again after its delay, before those that came later', async () => {
    await using test = await open();
    const { lane, queue } = await test.subscribe('orders');
    await test.add(message('orders', 'first'), message('orders', 'second'));
    const [first] = await test.take(lane, 1);
    if (first !== undefined) await test.settle(settlement(first, queue, { kind: 'again', delayMs: 1_000, counts: 'attempt', failure }));
    await test.clock.advance(999);
    expect((await test.store.lanes()).map(({ dueInMs }) => dueInMs)).toEqual([1]);
    await test.clock.advance(1);
    expect(dataOf(await test.take(lane))).toEqual(['first', 'second']);
  });

  it('Q12 keeps a job that was given up, with the last ten failures, newest first, and its payload', async () => {
    await using test = await open();
    const { lane, queue } = await test.subscribe('orders');
    await test.add(message('orders', { id: 7 }));
    for (let delivery = 1; delivery <= 12; delivery += 1) {
      for (const each of await test.take(lane)) {
        const end = { failure: { ...failure, delivery, message: `failure ${delivery}` }, counts: 'attempt' as const };
        await test.settle(settlement(each, queue, delivery < 12 ? { kind: 'again', delayMs: 0, ...end } : { kind: 'dead', blocksGroup: false, ...end }));
      }
    }
    const { jobs } = await test.store.list({ states: ['dead'], limit: 10 });
    expect(jobs.map(({ state, attempts, data }) => [state, attempts, data])).toEqual([['dead', 12, '{"id":7}']]);
    expect(jobs[0]?.failures.map(({ delivery }) => delivery)).toEqual([12, 11, 10, 9, 8, 7, 6, 5, 4, 3]);
    expect([jobs[0]?.failures[0]?.stack, jobs[0]?.failures[0]?.traceId]).toEqual([failure.stack, failure.traceId]);
    expect((await test.store.queues()).find((state) => state.queue === queue)?.depth).toEqual(0);
  });

  it('takes results, work and new messages in one exchange, in this order', async () => {
    await using test = await open();
    const { lane, queue } = await test.subscribe('orders', 'f', { maxDepth: 1 });
    await test.add(message('orders', 'old'));
    const [old] = await test.take(lane);
    if (old === undefined) throw new Error('nothing was handed over');
    const result = await test.exchange({ settlements: [completed(old, queue)], takes: [{ lane, slots: 1, leaseMs: 30_000 }], adds: [message('orders', 'new')] });
    expect([result.settled, result.added.map(({ status }) => status), result.deliveries.map(({ addIndex }) => addIndex)]).toEqual([[true], ['added'], [0]]);
  });

  it('Q6 hands out ahead neither what was lost before nor what has a priority or a time to live, and nothing ahead beside what was lost', async () => {
    await using test = await open();
    const { lane, queue } = await test.subscribe('orders');
    const wish = (slots: number, ahead: number): Promise<readonly Delivery[]> => test.exchange({ takes: [{ lane, slots, ahead, leaseMs: 30_000 }] }).then(({ deliveries }) => deliveries);
    await test.add(message('orders', 'lost'), message('orders', 1), message('orders', 2));
    const [lost] = await test.take(lane, 1);
    if (lost === undefined) throw new Error('nothing was handed over');
    await test.settle(settlement(lost, queue, { kind: 'again', delayMs: 0, counts: 'loss', failure: { ...failure, kind: 'lost' } }));
    expect(dataOf(await wish(0, 5))).toEqual([]);
    expect(dataOf(await wish(1, 5))).toEqual(['lost']);
    // A store may hand out fewer ahead, never more.
    const rest = dataOf(await wish(1, 1));
    expect([rest[0], rest.length <= 2]).toEqual([1, true]);
    if (rest.length === 1) await test.take(lane, 1);
    const { deliveries } = await test.exchange({ takes: [{ lane, slots: 0, ahead: 1, leaseMs: 30_000 }], adds: [message('orders', 3), message('orders', 4)] });
    expect(deliveries.length <= 1).toEqual(true);
    await test.take(lane);
    const mortal = await test.exchange({ takes: [{ lane, slots: 0, ahead: 1, leaseMs: 30_000 }], adds: [message('orders', 'mortal', { ttlMs: 60_000 })] });
    expect([dataOf(mortal.deliveries), dataOf(await wish(0, 5)), dataOf(await wish(1, 0))]).toEqual([[], [], ['mortal']]);
    if (test.supports.has('priority')) {
      await test.add(message('orders', 'urgent', { priority: 1 }));
      expect(dataOf(await wish(0, 5))).toEqual([]);
    }
  });

  it('says what it does not hold any more after a cancel', async () => {
    await using test = await open();
    const { lane, queue } = await test.subscribe('orders');
    await test.add(message('orders', 1));
    const [delivery] = await test.take(lane);
    if (delivery === undefined) throw new Error('nothing was handed over');
    expect(await test.store.cancel([delivery.messageId, 'never'])).toEqual([delivery.messageId]);
    expect(await test.store.renew([{ key: delivery.key, lease: delivery.lease, leaseMs: 1_000 }])).toEqual([delivery.key]);
    expect(await test.settle(completed(delivery, queue))).toEqual([false]);
    expect((await test.store.job(delivery.messageId))?.state).toEqual('cancelled');
  });

  it('Q3 #69 never gives up a lease of its own engine, however late it is renewed', async () => {
    await using test = await open();
    const { lane, queue } = await test.subscribe('orders');
    await test.add(message('orders', 1));
    const [delivery] = await test.take(lane, 1, 1_000);
    await test.clock.advance('1h');
    expect((await test.store.recover()).recovered).toEqual(0);
    if (delivery === undefined) throw new Error('nothing was handed over');
    expect(await test.settle(completed(delivery, queue))).toEqual([true]);
  });

  if (isDurable) {
    it('Q4 Q6 gives back what an engine held that is gone, one loss each, and gives up what was lost too often', async () => {
      const where = place();
      let clock;
      let lane = -1;
      for (let loss = 0; loss < 3; loss += 1) {
        const engine = await openAt(where, clock);
        clock = engine.clock;
        lane = (await engine.subscribe('orders', 'f', { maxLosses: 3 })).lane;
        if (loss === 0) await engine.add(message('orders', 'unlucky'));
        await recovered(engine, 30_000);
        const [delivery] = await engine.take(lane, 1, 30_000);
        expect([delivery?.data, delivery?.losses, delivery?.lease]).toEqual(['"unlucky"', loss, loss + 1]);
        await engine.stop();
      }
      await using last = await openAt(where, clock);
      await recovered(last, 30_000);
      expect(await last.take(lane)).toEqual([]);
      const { jobs } = await last.store.list({ states: ['dead'], limit: 10 });
      expect(jobs.map(({ losses, failures }) => [losses, failures.map(({ kind, code }) => `${kind} ${code}`)])).toEqual([[3, Array.from({ length: 3 }, () => 'lost MOTIA_QUEUE_ENGINE_LOST')]]);
    });
  }
}

/** Looks for what others left, for as long as the store says that it may be worth it. */
async function recovered(engine: { readonly store: { recover(): Promise<{ readonly againInMs?: number }> }; readonly clock: { advance(ms: number): Promise<void> } }, longestMs: number): Promise<void> {
  for (let waitedMs = 0; waitedMs <= longestMs * 2; ) {
    const { againInMs } = await engine.store.recover();
    if (againInMs === undefined) return;
    await engine.clock.advance(againInMs);
    waitedMs += againInMs;
  }
}
