import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { BuiltinQueueAdapter } from '../src/index.js';
import type { Delivery, JobFailure } from '../src/job.js';
import { message, openJobStore, settlement, type OpenJobStore } from '../src/testing/open-job-store.js';

const failure: JobFailure = { kind: 'failed', code: 'X', message: 'x', atMs: 0, delivery: 1 };

type Step =
  | { readonly do: 'add'; readonly group: number; readonly delayMs: number; readonly priority: number }
  | { readonly do: 'take'; readonly slots: number }
  | { readonly do: 'settle'; readonly which: number; readonly end: 'completed' | 'again' | 'delayed' | 'lost' | 'dead' | 'block' }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'cancel'; readonly which: number }
  | { readonly do: 'redrive'; readonly which: number; readonly toHead: boolean }
  | { readonly do: 'discard'; readonly which: number };

const which = fc.nat(30);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('add' as const), group: fc.nat(2), delayMs: fc.constantFrom(0, 0, 0, 500), priority: fc.constantFrom(0, 0, 3) }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('take' as const), slots: fc.integer({ min: 1, max: 4 }) }) },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('settle' as const), which, end: fc.constantFrom('completed' as const, 'completed' as const, 'again' as const, 'delayed' as const, 'lost' as const, 'dead' as const, 'block' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(100, 600) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('cancel' as const), which }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('redrive' as const), which, toHead: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('discard' as const), which }) },
);

type State = 'live' | 'leased' | 'blocked' | 'dead' | 'ended';
interface Job {
  readonly id: string;
  readonly group: string;
  state: State;
  /** Its place in the order of its group. */
  order: number;
  delivery: Delivery | undefined;
}

/** What must be so, kept beside the store. */
class Model {
  readonly jobs: Job[] = [];
  #last = 0;
  #first = 0;

  constructor(
    private readonly test: OpenJobStore,
    private readonly lane: number,
    private readonly queue: number,
    private readonly isFifo: boolean,
    private readonly isOrdered: boolean,
  ) {}

  async run(step: Step): Promise<void> {
    switch (step.do) {
      case 'add': return this.#add(step);
      case 'take': return this.#take(step.slots);
      case 'wait': return this.test.clock.advance(step.ms);
      case 'settle': return this.#settle(this.#pick(step.which, 'leased'), step.end);
      case 'cancel': return this.#cancel(this.#pick(step.which, 'live', 'leased', 'blocked'));
      case 'redrive': return this.#redrive(this.#pick(step.which, 'dead', 'blocked'), step.toHead);
      case 'discard': return this.#discard(this.#pick(step.which, 'dead', 'blocked'));
    }
  }

  /** Lets everything that can run do so, and checks that it has. */
  async finish(): Promise<void> {
    for (const job of this.jobs) if (job.state === 'blocked') await this.#redrive(job, false);
    for (let round = 0; round < this.jobs.length * 2 + 2; round += 1) {
      await this.test.clock.advance(600);
      await this.#take(100);
      for (const job of this.jobs) if (job.state === 'leased') await this.#settle(job, 'completed');
    }
    expect(this.jobs.filter(({ state }) => state !== 'ended' && state !== 'dead')).toEqual([]);
    const dead = await this.test.store.list({ queue: this.queue, states: ['dead', 'blocked'], limit: 500 });
    expect(dead.jobs.map(({ messageId }) => messageId).sort()).toEqual(this.jobs.filter(({ state }) => state === 'dead').map(({ id }) => id).sort());
    await this.#checkDepth();
  }

  async #add({ group, delayMs, priority }: Extract<Step, { do: 'add' }>): Promise<void> {
    const name = `g${String(group)}`;
    const add = message('orders', this.jobs.length, { group: name, delayMs, ...(this.isFifo ? {} : { priority }) });
    const [outcome] = await this.test.add(add);
    expect(outcome?.status).toBe('added');
    this.#last += 1;
    this.jobs.push({ id: `${add.receiptId}:f`, group: name, state: 'live', order: this.#last, delivery: undefined });
    await this.#checkDepth();
  }

  async #take(slots: number): Promise<void> {
    const deliveries = await this.test.take(this.lane, slots);
    expect(deliveries.length).toBeLessThanOrEqual(slots);
    for (const delivery of deliveries) {
      const job = this.jobs.find(({ id }) => id === delivery.messageId) as Job;
      // Never one that somebody holds, or that has ended.
      expect(job.state).toBe('live');
      expect(delivery.lease).toBe((job.delivery?.lease ?? 0) + 1);
      job.state = 'leased';
      job.delivery = delivery;
    }
    if (this.isFifo) this.#checkGroups();
  }

  /** Of a group at most one is leased, and none that is older waits, where the order is promised. */
  #checkGroups(): void {
    for (const group of new Set(this.jobs.map((job) => job.group))) {
      const open = this.jobs.filter((job) => job.group === group && job.state !== 'ended' && job.state !== 'dead');
      const leased = open.filter(({ state }) => state === 'leased');
      expect(leased.length).toBeLessThanOrEqual(1);
      const oldest = Math.min(...open.map(({ order }) => order));
      if (this.isOrdered) for (const job of leased) expect(job.order).toBe(oldest);
    }
  }

  async #settle(job: Job | undefined, end: Extract<Step, { do: 'settle' }>['end']): Promise<void> {
    if (job?.delivery === undefined) return;
    const ends = {
      completed: { kind: 'completed' },
      again: { kind: 'again', delayMs: 0, counts: 'attempt', failure },
      delayed: { kind: 'again', delayMs: 300, counts: 'attempt', failure },
      lost: { kind: 'again', delayMs: 0, counts: 'loss', failure },
      dead: { kind: 'dead', counts: 'attempt', failure, blocksGroup: false },
      block: { kind: 'dead', counts: 'attempt', failure, blocksGroup: true },
    } as const;
    const settle = settlement(job.delivery, this.queue, ends[end]);
    expect(await this.test.settle(settle)).toEqual([true]);
    // The same lease again changes nothing.
    expect(await this.test.settle(settle)).toEqual([false]);
    job.state = end === 'completed' ? 'ended' : end === 'dead' ? 'dead' : end === 'block' ? (this.isFifo ? 'blocked' : 'dead') : 'live';
    await this.#checkDepth();
  }

  async #cancel(job: Job | undefined): Promise<void> {
    if (job === undefined) return;
    expect(await this.test.store.cancel([job.id])).toEqual([job.id]);
    job.state = 'ended';
    await this.#checkDepth();
  }

  async #redrive(job: Job | undefined, toHead: boolean): Promise<void> {
    if (job === undefined) return;
    expect(await this.test.store.redrive([job.id], { toHead })).toBe(1);
    if (job.state === 'dead') {
      this.#first -= 1;
      this.#last += 1;
      job.order = toHead ? this.#first : this.#last;
    }
    job.state = 'live';
    await this.#checkDepth();
  }

  async #discard(job: Job | undefined): Promise<void> {
    if (job === undefined) return;
    expect(await this.test.store.discard([job.id])).toBe(1);
    job.state = 'ended';
    await this.#checkDepth();
  }

  async #checkDepth(): Promise<void> {
    const depth = (await this.test.store.queues()).find(({ queue }) => queue === this.queue)?.depth;
    expect(depth).toBe(this.jobs.filter(({ state }) => state === 'live' || state === 'leased' || state === 'blocked').length);
  }

  #pick(index: number, ...states: readonly State[]): Job | undefined {
    const candidates = this.jobs.filter(({ state }) => states.includes(state));
    return candidates[index % Math.max(1, candidates.length)];
  }
}

async function check(steps: readonly Step[], isFifo: boolean, isOrdered = isFifo): Promise<void> {
  await using test = await openJobStore({ adapter: BuiltinQueueAdapter }, { store_method: 'in_memory' });
  const { lane, queue } = await test.subscribe('orders', 'f', { isFifo });
  const model = new Model(test, lane, queue, isFifo, isOrdered);
  for (const each of steps) await model.run(each);
  await model.finish();
}

describe('whatever happens to jobs', () => {
  it('Q2 Q8 Q9 a fifo queue keeps the order of each group, and loses and doubles nothing', async () => {
    // Where a redrive to the head meets a job that is about to run, the order between the two is not promised.
    await fc.assert(fc.asyncProperty(fc.array(step.filter((each) => each.do !== 'redrive' || !each.toHead), { maxLength: 60 }), (steps) => check(steps, true)), { numRuns: 60 });
  }, 60_000);

  it('Q8 of a group one at a time is handed over, wherever redrives put its messages', async () => {
    const inOneGroup = fc.oneof(
      { weight: 3, arbitrary: step.filter((each) => each.do !== 'add') },
      { weight: 3, arbitrary: fc.constant<Step>({ do: 'add', group: 0, delayMs: 0, priority: 0 }) },
      { weight: 2, arbitrary: fc.constant<Step>({ do: 'take', slots: 2 }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('settle' as const), which, end: fc.constant('dead' as const) }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('redrive' as const), which, toHead: fc.constant(true) }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('cancel' as const), which }) },
    );
    await fc.assert(fc.asyncProperty(fc.array(inOneGroup, { minLength: 20, maxLength: 60 }), (steps) => check(steps, true, false)), { numRuns: 60 });
  }, 60_000);

  it('Q2 a standard queue hands every job over until it has ended, and none twice at a time', async () => {
    await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 60 }), (steps) => check(steps, false)), { numRuns: 40 });
  }, 60_000);
});
