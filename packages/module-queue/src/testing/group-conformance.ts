import type { JobFailure } from '../job.js';
import type { ConformanceSetting } from './job-store-conformance.js';
import { completed, dataOf, message, settlement, type OpenJobStore } from './open-job-store.js';

const failure: JobFailure = { kind: 'failed', code: 'BROKEN', message: 'it broke', atMs: 1, delivery: 1 };

/** Order within groups of a fifo queue. */
export function groupConformance({ runner: { it, expect }, open }: ConformanceSetting): void {
  const fill = async (test: OpenJobStore, ...jobs: readonly string[]): Promise<void> => {
    for (const job of jobs) await test.add(message('orders', job, { group: job[0] as string }));
  };

  it('Q8 hands over the oldest of each group only, and the next when that has ended', async () => {
    await using test = await open();
    const { lane, queue } = await test.subscribe('orders', 'f', { isFifo: true });
    await fill(test, 'a1', 'a2', 'b1', 'a3');
    const [a1, b1] = await test.take(lane);
    expect(dataOf([a1, b1].filter((each) => each !== undefined))).toEqual(['a1', 'b1']);
    expect(await test.take(lane)).toEqual([]);
    if (a1 === undefined) throw new Error('nothing was handed over');
    // The next one can be taken in the same exchange.
    const { deliveries } = await test.exchange({ settlements: [completed(a1, queue)], takes: [{ lane, slots: 5, leaseMs: 30_000 }] });
    expect(dataOf(deliveries)).toEqual(['a2']);
  });

  it('Q8 a job that comes again keeps its place', async () => {
    await using test = await open();
    const { lane, queue } = await test.subscribe('orders', 'f', { isFifo: true });
    await fill(test, 'a1', 'a2', 'b1');
    const [a1] = await test.take(lane, 1);
    if (a1 === undefined) throw new Error('nothing was handed over');
    await test.settle(settlement(a1, queue, { kind: 'again', delayMs: 1_000, counts: 'attempt', failure }));
    expect(dataOf(await test.take(lane))).toEqual(['b1']);
    await test.clock.advance(1_000);
    expect(dataOf(await test.take(lane))).toEqual(['a1']);
  });

  it('Q8 refuses a message without a group, and takes it from the field that is named', async () => {
    await using test = await open();
    await test.subscribe('orders', 'f', { isFifo: true, messageGroupField: 'customer' });
    const outcomes = await test.add(message('orders', { customer: 'a' }), message('orders', { customer: 7 }), message('orders', {}), message('orders', { customer: null }), message('orders', { customer: '' }), message('orders', [1]));
    expect(outcomes.map((outcome) => (outcome.status === 'refused' ? outcome.code : outcome.status))).toEqual(['added', 'added', 'GROUP_REQUIRED', 'GROUP_REQUIRED', 'INVALID_GROUP', 'GROUP_REQUIRED']);
    const { jobs } = await test.store.list({ states: ['ready'], limit: 10 });
    expect(jobs.map(({ group }) => group)).toEqual(['a', '7']);
  });

  it('Q9 goes on without a job that was given up, or waits for an operator', async () => {
    await using test = await open();
    const { lane, queue } = await test.subscribe('orders', 'f', { isFifo: true });
    await fill(test, 'a1', 'a2', 'b1', 'b2');
    const [a1, b1] = await test.take(lane);
    if (a1 === undefined || b1 === undefined) throw new Error('nothing was handed over');
    await test.settle(settlement(a1, queue, { kind: 'dead', counts: 'attempt', failure, blocksGroup: false }), settlement(b1, queue, { kind: 'dead', counts: 'attempt', failure, blocksGroup: true }));
    expect(dataOf(await test.take(lane))).toEqual(['a2']);
    expect((await test.store.job(b1.messageId))?.state).toEqual('blocked');
    expect(await test.store.redrive([b1.messageId], { toHead: false })).toEqual(1);
    const [again] = await test.take(lane);
    expect(again?.data).toEqual('"b1"');
    if (again === undefined) throw new Error('nothing was handed over');
    await test.settle(settlement(again, queue, { kind: 'dead', counts: 'attempt', failure, blocksGroup: true }));
    expect(await test.store.discard([b1.messageId])).toEqual(1);
    expect(dataOf(await test.take(lane))).toEqual(['b2']);
  });

  it('Q9 Q12 a job that is redriven goes behind those of its group, or to the head', async () => {
    await using test = await open();
    const { lane, queue } = await test.subscribe('orders', 'f', { isFifo: true });
    await fill(test, 'a1', 'a2', 'a3');
    const dead: string[] = [];
    for (let round = 0; round < 2; round += 1) {
      for (const each of await test.take(lane, 1)) {
        dead.push(each.messageId);
        await test.settle(settlement(each, queue, { kind: 'dead', counts: 'attempt', failure, blocksGroup: false }));
      }
    }
    await test.store.redrive([dead[0] as string], { toHead: false });
    await test.store.redrive([dead[1] as string], { toHead: true });
    const order: unknown[] = [];
    for (let round = 0; round < 5; round += 1) {
      for (const each of await test.take(lane)) {
        order.push(...dataOf([each]));
        await test.settle(completed(each, queue));
      }
    }
    // The one that could run already keeps its turn.
    expect(order).toEqual(['a3', 'a2', 'a1']);
  });

  it('Q8 cancelling the first of a group lets the next one go on', async () => {
    await using test = await open();
    const { lane } = await test.subscribe('orders', 'f', { isFifo: true });
    await fill(test, 'a1', 'a2');
    const [a1] = await test.take(lane);
    await test.store.cancel([a1?.messageId ?? '']);
    expect(dataOf(await test.take(lane))).toEqual(['a2']);
  });
}
