import { inTrace } from '@motia/engine-core';
import type { Clock, FunctionRegistry, Hold, Logger, MotiaError, Telemetry, Timer, TriggerRegistry } from '@motia/engine-core/contract';
import { queueErrors } from '../errors.js';
import type { Delivery } from '../job.js';
import type { AddOutcome, ExchangeOptions, ExchangeResult, JobAdd, JobStore, LaneState, Settlement, Take } from '../job-store.js';
import type { QueueMetrics } from '../telemetry/queue-metrics.js';
import { DueTimer } from './due-timer.js';
import { Endings } from './endings.js';
import { LeaseKeeper } from './lease-keeper.js';
import { LocalQueues } from './local-queues.js';
import type { LocalLane, LocalQueue } from './local-queue.js';
import { Runner } from './runner.js';
import { Run } from './run.js';
import { Turn, type PendingAdd, type PendingSettlement } from './turn.js';

export interface DispatcherParts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly telemetry: Telemetry;
  readonly functions: FunctionRegistry;
  readonly triggers: TriggerRegistry;
  readonly store: JobStore;
  readonly metrics: QueueMetrics;
  readonly random: () => number;
  /** A job has ended for good. */
  readonly onEnded: () => void;
  /** Longest result that is kept, in bytes. */
  readonly maxResultBytes: number;
}

/** What an exchange was given, how often lanes had been looked at by then, and when that was on the monotonic scale. */
interface Asked {
  readonly takes: readonly Take[];
  readonly adds: readonly JobAdd[];
  readonly looks: number;
  readonly askedAtMs: number;
}

/** How soon an exchange that failed is tried again; doubled each time. */
const firstRetryMs = 50;
const longestRetryMs = 5_000;

/**
 * Hands jobs to handlers. It knows no storage: per turn of the event loop, one exchange tells the store what has ended and
 * what is new, and asks for as much work as there are free places. Nothing is polled: work is asked for when a place
 * becomes free, when something comes in or becomes due, and when another engine has changed something.
 */
export class Dispatcher {
  readonly queues: LocalQueues;
  readonly endings: Endings;
  readonly #parts: DispatcherParts;
  readonly #turn: Turn;
  readonly #due: DueTimer;
  readonly #leases: LeaseKeeper;
  readonly #runner: Runner;
  /** Queues that have free places and may have work. */
  readonly #wanting = new Set<LocalQueue>();
  readonly #exchanges = new Set<Promise<void>>();
  /** Results that the store did not take yet. */
  readonly #unsettled: PendingSettlement[] = [];
  /** How often lanes were looked at. */
  #looks = 0;
  readonly #hold: Hold;
  #retryMs = firstRetryMs;
  #retryTimer: Timer | undefined;
  #isDraining = false;

  constructor(parts: DispatcherParts) {
    this.#parts = parts;
    const { clock, store, logger } = parts;
    this.#hold = clock.hold();
    this.#turn = new Turn((adds, settlements) => this.#flush(adds, settlements));
    this.endings = new Endings();
    this.queues = new LocalQueues(parts.functions, (queue) => this.want(queue));
    this.#due = new DueTimer(clock, () => this.queues.all(), { onDue: (queue) => this.want(queue), onLook: () => this.lookSoon() });
    this.#leases = new LeaseKeeper({
      clock, store,
      onLost: (run) => this.#lose(run),
      onError: (error) => logger.warn('Leases could not be renewed', { reason: reasonOf(error) }),
    });
    this.#runner = new Runner({ ...parts, leases: this.#leases, queues: () => this.queues, settle: (run, end) => this.#settle(run, end), onFree: (queue) => this.want(queue) });
  }

  /** Deliveries that this engine holds. */
  get held(): number {
    return this.#leases.size;
  }

  get runner(): Runner {
    return this.#runner;
  }

  get leases(): LeaseKeeper {
    return this.#leases;
  }

  /** Looks for work in a queue as soon as the running code has finished. */
  want(queue: LocalQueue): void {
    if (this.#isDraining) return;
    this.#wanting.add(queue);
    this.#turn.schedule();
  }

  /** Hands a message in with whatever else this turn brings. */
  add(add: JobAdd): Promise<AddOutcome> {
    if (add.priority !== 0) this.#orderByPriority(add);
    return this.#turn.add(add);
  }

  /** Hands messages in by themselves: all of them or none, as a part of `tx` if there is one. */
  async addTogether(adds: readonly JobAdd[], options: ExchangeOptions): Promise<readonly AddOutcome[]> {
    for (const add of adds) if (add.priority !== 0) this.#orderByPriority(add);
    const takes = this.#takes(adds);
    const asked = this.#asked(takes, adds);
    // Not awaited before: a transaction takes what is handed over before its function returns.
    const added = this.#parts.store.exchange({ settlements: [], takes, adds }, { ...options, isStrict: true }).then(
      (result) => {
        this.#received(result, asked);
        return result.added;
      },
      (error: unknown) => {
        this.#returned(takes);
        // What was asked for along with it is still wanted.
        for (const { lane } of takes) {
          const queue = this.queues.ofLane(lane);
          if (queue !== undefined) this.want(queue);
        }
        throw error;
      },
    );
    this.#underWay(added.then(() => undefined, () => undefined));
    return added;
  }

  /** Resolves when everything that the store has handed out by now is known here. */
  async caughtUp(): Promise<void> {
    await Promise.all(this.#exchanges);
  }

  #underWay(exchange: Promise<void>): void {
    this.#exchanges.add(exchange);
    void exchange.finally(() => this.#exchanges.delete(exchange));
  }

  /** Gives back what these queues hold that waits for a place; what must run alone keeps its turn. */
  releaseAhead(queues: readonly number[]): void {
    for (const queue of this.#known(queues)) this.#runner.releaseAhead(queue);
  }

  /** Gives back everything that these queues hold and that has not started. */
  releaseWaiting(queues: readonly number[]): void {
    for (const queue of this.#known(queues)) this.#runner.releaseWaiting(queue);
  }

  #known(queues: readonly number[]): readonly LocalQueue[] {
    return queues.flatMap((id) => this.queues.find(id) ?? []);
  }

  /** What was claimed before its turn could be of less importance than what comes in now. */
  #orderByPriority({ target }: JobAdd): void {
    const named = 'topic' in target ? undefined : this.queues.named(target.queue);
    for (const queue of 'topic' in target ? this.queues.ofTopic(target.topic) : named === undefined ? [] : [named]) {
      queue.hasPriorities = true;
      this.#runner.releaseAhead(queue);
    }
  }

  /** As `look`, for callers that do not wait. */
  lookSoon(): void {
    this.look().catch((error: unknown) => this.#parts.logger.warn('The store could not be looked at', { reason: reasonOf(error) }));
  }

  /** What the store knows of lanes: at the start, and after others changed something. */
  async look(): Promise<void> {
    const states = await this.#parts.store.lanes();
    this.#looks += 1;
    this.#learn(states, { isOld: false });
  }

  /** Lanes as the store told. `isOld`: something newer may have been seen since, so that nothing that is wanted is taken back. */
  #learn(states: readonly LaneState[], { isOld }: { readonly isOld: boolean }): void {
    const nowMs = this.#parts.clock.monotonicMs();
    for (const state of states) {
      const lane = this.queues.lane(state);
      if (lane === undefined) continue;
      const dueAtMs = state.dueInMs === undefined ? undefined : nowMs + state.dueInMs;
      lane.hasReady = state.hasReady || (isOld && lane.hasReady);
      lane.dueAtMs = isOld && lane.dueAtMs !== undefined ? Math.min(lane.dueAtMs, dueAtMs ?? Infinity) : dueAtMs;
      if (lane.dueAtMs !== undefined) this.#due.expect(lane.dueAtMs);
      if (lane.hasReady) this.want(this.queues.find(state.queue) as LocalQueue);
    }
    this.#keepAlive();
  }

  /** Messages that this engine would deliver keep its process alive, and so do subscribers whose messages others may bring at any time. */
  #keepAlive(): void {
    const { queues } = this;
    const isShared = this.#parts.store.store?.isShared === true;
    // Held deliveries are looked at first: under load nothing else is.
    this.#hold.set(this.#leases.size > 0 || (!this.#isDraining && (queues.hasWork() || (isShared && queues.hasSubscriber()))));
  }

  /** Never rejects. Undefined when there is nothing to do. */
  #flush(adds: readonly PendingAdd[], settlements: readonly PendingSettlement[]): Promise<void> | undefined {
    const messages = adds.map(({ add }) => add);
    const takes = this.#takes(messages, settlements);
    this.#keepAlive();
    if (adds.length + settlements.length + takes.length === 0) return undefined;
    const exchange = { settlements: settlements.map(({ settlement }) => settlement), takes, adds: messages };
    const asked = this.#asked(takes, messages);
    const done = this.#parts.store.exchange(exchange).then(
      (result) => {
        this.#retryMs = firstRetryMs;
        result.settled.forEach((isOwn, index) => settlements[index]?.settled(isOwn));
        result.added.forEach((outcome, index) => adds[index]?.resolve(outcome));
        this.#received(result, asked);
      },
      (error: unknown) => this.#failed(error, { adds, settlements, takes }),
    );
    this.#underWay(done);
    return done;
  }

  /**
   * What to ask for: the free places of queues that may have work, of those that new messages go to, and of fifo groups that go
   * on with this exchange. Counted as asked for from now on.
   */
  #takes(adds: readonly JobAdd[], settlements: readonly PendingSettlement[] = []): readonly Take[] {
    const takes: Take[] = [];
    if (!this.#isDraining && this.#retryTimer === undefined) {
      for (const queue of this.#wanting) this.#askLanes(queue, this.#ready(queue), takes);
      for (const { settlement } of settlements) if (settlement.group !== undefined) this.#askServed(settlement.queue, takes);
      if (adds.length > 0) this.#askTargets(adds, takes);
    }
    this.#wanting.clear();
    return takes;
  }

  #askTargets(adds: readonly JobAdd[], takes: Take[]): void {
    for (const { target } of adds) {
      if ('topic' in target) {
        for (const queue of this.queues.ofTopic(target.topic)) this.#askServed(queue.id, takes);
        continue;
      }
      const queue = this.queues.named(target.queue);
      const lane = queue === undefined ? undefined : [...queue.lanes.values()].find(({ functionId }) => functionId === target.functionId);
      if (queue !== undefined && lane !== undefined && this.queues.isServed(queue, lane)) this.#askLanes(queue, [lane], takes);
    }
  }

  #askServed(id: number, takes: Take[]): void {
    const queue = this.queues.find(id);
    if (queue !== undefined && queue.free > 0) this.#askLanes(queue, this.queues.servedLanes(queue), takes);
  }

  #ready(queue: LocalQueue): readonly LocalLane[] {
    return this.queues.servedLanes(queue).filter(({ hasReady }) => hasReady);
  }

  /** Shares the free places of a queue out among lanes, beginning with another one each time. */
  #askLanes(queue: LocalQueue, lanes: readonly LocalLane[], takes: Take[]): void {
    const first = lanes.length > 1 ? queue.nextTurn() : 0;
    for (let place = 0; place < lanes.length && queue.free > 0; place += 1) {
      const { lane } = lanes[(first + place) % lanes.length] as LocalLane;
      const wanted = Math.ceil(queue.free / (lanes.length - place));
      const slots = Math.min(wanted, queue.places);
      queue.asked += wanted;
      takes.push({ lane, slots, ...(wanted > slots ? { ahead: wanted - slots } : {}), leaseMs: queue.options.visibilityMs });
    }
  }

  #asked(takes: readonly Take[], adds: readonly JobAdd[]): Asked {
    return { takes, adds, looks: this.#looks, askedAtMs: this.#parts.clock.monotonicMs() };
  }

  #received({ deliveries, lanes, quarantined, expired }: ExchangeResult, { takes, adds, looks, askedAtMs }: Asked): void {
    this.#returned(takes);
    for (const delivery of deliveries) this.#hand(delivery, adds, askedAtMs);
    for (const messageId of quarantined) {
      const error = queueErrors.ROW_CORRUPT({ messageId });
      this.#parts.logger.error(error.message, { code: error.code, messageId, hint: error.hint });
      this.endings.tell(messageId);
    }
    for (const messageId of expired) this.endings.tell(messageId);
    this.#learn(lanes, { isOld: looks !== this.#looks });
  }

  #returned(takes: readonly Take[]): void {
    for (const { lane, slots, ahead = 0 } of takes) {
      const queue = this.queues.ofLane(lane);
      if (queue !== undefined) queue.asked -= slots + ahead;
    }
  }

  #hand(delivery: Delivery, adds: readonly JobAdd[], askedAtMs: number): void {
    const queue = this.queues.ofLane(delivery.lane);
    const text = delivery.data ?? adds[delivery.addIndex ?? -1]?.data;
    if (queue === undefined || text === undefined) {
      this.#parts.logger.error('A job was handed over that this engine does not know', { messageId: delivery.messageId });
      return;
    }
    const run = new Run(delivery, queue, text, askedAtMs + queue.options.visibilityMs);
    this.#leases.hold(run);
    if (this.#isDraining) this.#settle(run, { kind: 'again', delayMs: 0 });
    else this.#runner.enter(run);
  }

  #settle(run: Run, end: Settlement['end']): void {
    const { delivery: { key, lease, lane, group, messageId }, queue } = run;
    this.#turn.settle({
      settlement: { key, lease, lane, queue: queue.id, ...(group === undefined ? {} : { group }), end },
      settled: (isOwn) => {
        this.#leases.release(run);
        if (!isOwn) this.#refused(run);
        else if (end.kind !== 'again') {
          this.#parts.onEnded();
          this.endings.tell(messageId);
        }
      },
    });
  }

  /** A renewal found that somebody else has the job, or that it has ended. */
  #lose(run: Run): void {
    const error = queueErrors.LEASE_LOST({ messageId: run.delivery.messageId });
    inTrace(this.#parts.logger, run.context).warn('A lease was lost; its handler is told to stop', { code: error.code, messageId: run.delivery.messageId, delivery: run.delivery.lease });
    this.#runner.lose(run);
  }

  /** The result of a delivery that is not this engine's any more: it changes nothing, and the trace shows it. */
  #refused(run: Run): void {
    const { messageId, lease } = run.delivery;
    const error = queueErrors.LEASE_LOST({ messageId });
    this.#parts.metrics.refused(run.queue);
    inTrace(this.#parts.logger, run.context).warn('A late result was refused', { code: error.code, messageId, delivery: lease });
  }

  #failed(error: unknown, lost: { readonly adds: readonly PendingAdd[]; readonly settlements: readonly PendingSettlement[]; readonly takes: readonly Take[] }): void {
    this.#returned(lost.takes);
    for (const { reject } of lost.adds) reject(error);
    const pauseMs = this.#retryMs;
    this.#retryMs = Math.min(longestRetryMs, this.#retryMs * 2);
    if (lost.settlements.length + lost.takes.length === 0) return;
    if (isClosed(error)) return;
    this.#parts.logger.warn('The store refused an exchange; it is tried again', { reason: reasonOf(error), settlements: lost.settlements.length, inMs: pauseMs });
    // Results are kept and told again: their jobs are leased until then.
    this.#unsettled.push(...lost.settlements);
    this.#retryTimer ??= this.#parts.clock.setTimeout(() => {
      this.#retryTimer = undefined;
      for (const settlement of this.#unsettled.splice(0)) this.#turn.settle(settlement);
      for (const queue of this.queues.all()) if (this.#ready(queue).length > 0) this.want(queue);
    }, pauseMs);
  }

  /** Asks for nothing more, and waits until everything that runs has ended; what has not when `deadline` aborts is given back. */
  async drain(deadline: AbortSignal): Promise<void> {
    this.#isDraining = true;
    this.#due.stop();
    for (const queue of this.queues.all()) this.#runner.releaseWaiting(queue);
    await this.#runner.idle(deadline);
    this.#runner.releaseAll();
    await this.#settled();
  }

  /** Resolves when everything handed in has been committed or refused. */
  async #settled(): Promise<void> {
    await this.#runner.idle();
    this.#runner.judgeLosses();
    for (const settlement of this.#unsettled.splice(0)) this.#turn.settle(settlement);
    this.#turn.flush();
    while (this.#exchanges.size > 0) {
      await Promise.all(this.#exchanges);
      this.#turn.flush();
    }
  }

  /** As `drain`, without waiting for handlers. */
  async stop(): Promise<void> {
    await this.drain(AbortSignal.abort());
    this.#runner.stop();
    this.#parts.clock.clear(this.#retryTimer);
    this.queues.stop();
    this.#leases.stop();
    this.#hold.set(false);
    this.endings.stop();
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function isClosed(error: unknown): boolean {
  const { code } = (error ?? {}) as Partial<MotiaError>;
  return code === 'MOTIA_STORE_CLOSED' || code === 'MOTIA_QUEUE_STOPPING';
}
