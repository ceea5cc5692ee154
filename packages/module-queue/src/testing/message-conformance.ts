import type { ConformanceSetting } from './job-store-conformance.js';
import { completed, dataOf, message, plainRules } from './open-job-store.js';

/** What comes in, and in which order it goes out. */
export function messageConformance({ runner: { it, expect }, open, supports, isDurable, place, openAt }: ConformanceSetting): void {
  it('Q14 gives a message to every subscription of its topic, with an id of its own', async () => {
    await using test = await open();
    const a = await test.subscribe('orders', 'a');
    const b = await test.subscribe('orders', 'b');
    await test.subscribe('other', 'c');
    const sent = message('orders', { id: 1 });
    expect(await test.add(sent)).toEqual([{ status: 'added', receiptId: sent.receiptId, jobs: 2 }]);
    const deliveries = [...(await test.take(a.lane)), ...(await test.take(b.lane))];
    expect(dataOf(deliveries)).toEqual([{ id: 1 }, { id: 1 }]);
    expect(deliveries.map(({ messageId, functionId }) => [messageId, functionId])).toEqual([[`${sent.receiptId}:a`, 'a'], [`${sent.receiptId}:b`, 'b']]);
  });

  it('refuses a message for nobody, unless it may be', async () => {
    await using test = await open();
    const outcomes = await test.add(message('nobody', 1), message('nobody', 2, { mayBeNobodys: true }), message('x', 1, { target: { queue: 'none', functionId: 'f' } }));
    expect(outcomes.map((outcome) => (outcome.status === 'refused' ? outcome.code : outcome.status))).toEqual(['QUEUE_NOT_FOUND', 'added', 'QUEUE_NOT_FOUND']);
  });

  it('hands jobs over in the order of their commits, each once', async () => {
    await using test = await open();
    const { lane } = await test.subscribe('orders');
    for (let id = 0; id < 10; id += 1) await test.add(message('orders', id));
    expect(dataOf(await test.take(lane, 3))).toEqual([0, 1, 2]);
    expect(dataOf(await test.take(lane, 100))).toEqual([3, 4, 5, 6, 7, 8, 9]);
    expect(await test.take(lane)).toEqual([]);
  });

  if (supports('priority')) {
    it('hands larger priorities over first', async () => {
      await using test = await open();
      const { lane } = await test.subscribe('orders');
      for (const [data, priority] of [['a', 0], ['b', -1], ['c', 5], ['d', 0]] as const) await test.add(message('orders', data, { priority }));
      expect(dataOf(await test.take(lane))).toEqual(['c', 'a', 'd', 'b']);
    });
  }

  it('leases what comes in at once while places are left, after what waits', async () => {
    await using test = await open();
    const { lane } = await test.subscribe('orders');
    await test.add(message('orders', 'waits'));
    const adds = ['new 1', 'new 2', 'new 3'].map((data) => message('orders', data));
    const { deliveries, lanes } = await test.exchange({ takes: [{ lane, slots: 3, leaseMs: 30_000 }], adds });
    expect(deliveries.map(({ data, addIndex }) => data ?? adds[addIndex ?? -1]?.data)).toEqual(['"waits"', '"new 1"', '"new 2"']);
    expect(lanes.map(({ hasReady }) => hasReady)).toEqual([true]);
  });

  it('Q1 refuses none or all of a strict exchange', async () => {
    await using test = await open();
    const { lane } = await test.subscribe('orders');
    const failed = await test.store.exchange({ settlements: [], takes: [], adds: [message('orders', 1), message('nobody', 2)] }, { isStrict: true }).then(
      () => 'done',
      (error: { readonly code?: string }) => error.code,
    );
    expect(failed).toEqual('MOTIA_QUEUE_QUEUE_NOT_FOUND');
    expect(await test.take(lane)).toEqual([]);
  });

  it('Q15 takes no more than the depth, counting what waits and runs, for all subscribers or none', async () => {
    await using test = await open();
    const small = await test.subscribe('orders', 'small', { maxDepth: 2 });
    const large = await test.subscribe('orders', 'large');
    await test.add(message('orders', 1));
    const [running] = await test.take(small.lane);
    const outcomes = await test.add(message('orders', 2), message('orders', 3));
    expect(outcomes.map(({ status }) => status)).toEqual(['added', 'refused']);
    if (running !== undefined) await test.settle(completed(running, small.queue));
    expect((await test.add(message('orders', 4)))[0]?.status).toEqual('added');
    expect(dataOf(await test.take(large.lane))).toEqual([1, 2, 4]);
  });

  it('holds a job until its delay is over, and says when that is', async () => {
    await using test = await open();
    const { lane } = await test.subscribe('orders', 'f', { delayMs: 5_000 });
    await test.add(message('orders', 'late', { delayMs: 10_000 }), message('orders', 'queue'), message('orders', 'now', { delayMs: 0 }));
    expect(dataOf(await test.take(lane))).toEqual(['now']);
    expect((await test.store.lanes()).map(({ hasReady, dueInMs }) => [hasReady, dueInMs])).toEqual([[false, 5_000]]);
    await test.clock.advance(5_000);
    expect(dataOf(await test.take(lane))).toEqual(['queue']);
    await test.clock.advance(5_000);
    expect(dataOf(await test.take(lane))).toEqual(['late']);
  });

  it('Q10 knows a dedupId for its window, also after the job has ended, and refuses other data', async () => {
    await using test = await open();
    const { lane, queue } = await test.subscribe('orders');
    const dedup = { id: 'x', windowMs: 60_000, hash: 'h1' };
    const first = message('orders', 1, { dedup });
    await test.add(first);
    for (const delivery of await test.take(lane)) await test.settle(completed(delivery, queue));
    const [again, other, elsewhere] = await test.add(message('orders', 1, { dedup }), message('orders', 2, { dedup: { ...dedup, hash: 'h2' } }), message('orders', 2, { dedup: { ...dedup, id: 'y', hash: 'h2' } }));
    expect(again).toEqual({ status: 'duplicate', receiptId: first.receiptId });
    expect(other).toEqual({ status: 'refused', code: 'DEDUP_CONFLICT', details: { dedupId: 'x', messageReceiptId: first.receiptId } });
    expect(elsewhere?.status).toEqual('added');
    await test.clock.advance(60_000);
    expect((await test.add(message('orders', 2, { dedup: { ...dedup, hash: 'h2' } })))[0]?.status).toEqual('added');
  });

  it('makes a call that brings its id one job, whatever became of it', async () => {
    await using test = await open();
    const [state] = await test.store.declare([{ kind: 'queue', name: 'work', functionId: '', role: 'named', rules: plainRules }]);
    const call = message('', 1, { target: { queue: 'work', functionId: 'f' }, receiptId: 'call-1', messageId: 'call-1', keepResult: true });
    expect(await test.add(call)).toEqual([{ status: 'added', receiptId: 'call-1', jobs: 1 }]);
    const lane = (await test.store.lanes()).find(({ queue }) => queue === state?.queue)?.lane ?? -1;
    const [delivery] = await test.take(lane);
    expect(delivery?.messageId).toEqual('call-1');
    if (delivery !== undefined) await test.settle(completed(delivery, state?.queue ?? -1, '{"answer":42}'));
    expect(await test.add(call)).toEqual([{ status: 'duplicate', receiptId: 'call-1' }]);
    const job = await test.store.job('call-1');
    expect([job?.state, job?.result]).toEqual(['completed', '{"answer":42}']);
  });

  it('keeps the functions of a named queue apart', async () => {
    await using test = await open();
    await test.store.declare([{ kind: 'queue', name: 'work', functionId: '', role: 'named', rules: plainRules }]);
    for (const functionId of ['f', 'g', 'f']) await test.add(message('', functionId, { target: { queue: 'work', functionId } }));
    const lanes = await test.store.lanes();
    const lane = (functionId: string): number => lanes.find((each) => each.functionId === functionId)?.lane ?? -1;
    expect(dataOf(await test.take(lane('f')))).toEqual(['f', 'f']);
    expect(dataOf(await test.take(lane('g')))).toEqual(['g']);
  });

  it('holds messages of a declared topic for its first subscriber', async () => {
    await using test = await open();
    await test.store.declare([{ kind: 'topic', name: 'later', functionId: '', role: 'holding', rules: plainRules }]);
    await test.add(message('later', 1), message('later', 2));
    const { lane } = await test.subscribe('later', 'f');
    await test.add(message('later', 3));
    const deliveries = await test.take(lane);
    expect(dataOf(deliveries)).toEqual([1, 2, 3]);
    expect(deliveries.every(({ messageId }) => messageId.endsWith(':f'))).toEqual(true);
  });

  it('keeps a subscription that nobody serves for its grace, and then no longer', async () => {
    await using test = await open();
    const { queue, lane } = await test.subscribe('orders', 'f', { graceMs: 10_000 });
    await test.store.leave([queue]);
    await test.clock.advance(9_000);
    expect((await test.add(message('orders', 1)))[0]?.status).toEqual('added');
    await test.clock.advance(1_000);
    expect((await test.add(message('orders', 2)))[0]?.status).toEqual('refused');
    await test.subscribe('orders', 'f', { graceMs: 10_000 });
    expect((await test.add(message('orders', 3)))[0]?.status).toEqual('added');
    expect(dataOf(await test.take(lane))).toEqual([1, 3]);
  });

  it('hands out what a superseded subscription holds, gives it nothing new, and ends one that holds nothing', async () => {
    await using test = await open();
    const { queue, lane } = await test.subscribe('orders', 'f', { graceMs: 10_000 });
    const idle = await test.subscribe('other', 'f');
    await test.add(message('orders', 1), message('orders', 2));
    expect(await test.store.supersede([queue, idle.queue])).toEqual([queue]);
    expect((await test.add(message('orders', 3)))[0]?.status).toEqual('refused');
    await test.clock.advance(10_000);
    await test.store.prune({ historyMs: 60_000, historyJobs: 100, resultMs: 60_000, deadLetterMs: 60_000 });
    const [first] = await test.take(lane, 1);
    expect(first?.data).toEqual('1');
    // Nobody serves it any more: it has its time from then on.
    await test.store.leave([queue]);
    await test.clock.advance(10_000);
    await test.store.prune({ historyMs: 60_000, historyJobs: 100, resultMs: 60_000, deadLetterMs: 60_000 });
    expect((await test.store.list({ states: ['dead'], limit: 10 })).jobs.map(({ data }) => data)).toEqual(['2']);
    // Declared again it is what it was.
    await test.subscribe('orders', 'f', { graceMs: 10_000 });
    expect((await test.add(message('orders', 4)))[0]?.status).toEqual('added');
  });

  if (isDurable) {
    it('Q1 keeps everything that was accepted over its end', async () => {
      const where = place();
      const first = await openAt(where);
      const { lane } = await first.subscribe('orders');
      await first.add(message('orders', 'waits', { trace: { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', baggage: 'user=7' }, dedup: { id: 'x', windowMs: 60_000, hash: 'h' } }), message('orders', 'later', { delayMs: 1_000 }));
      await first.stop();
      await using second = await openAt(where, first.clock);
      expect((await second.add(message('orders', 'waits', { dedup: { id: 'x', windowMs: 60_000, hash: 'h' } })))[0]?.status).toEqual('duplicate');
      const [waits] = await second.take(lane);
      expect([waits?.data, waits?.trace]).toEqual(['"waits"', { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', baggage: 'user=7' }]);
      await second.clock.advance(1_000);
      expect(dataOf(await second.take(lane))).toEqual(['later']);
    });
  }
}
