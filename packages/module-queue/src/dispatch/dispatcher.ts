import { messageOf, type Clock, type FunctionRegistry, type Hold, type Logger, type MotiaError, type Telemetry, type Timer, type TriggerRegistry } from '@motia/engine-core/contract';
import { queueErrors } from '../errors.js';
import type { AddOutcome, ExchangeOptions, ExchangeResult, JobAdd, JobStore, Take } from '../job-store.js';
import type { QueueMetrics } from '../telemetry/queue-metrics.js';
import { Deliveries } from './deliveries.js';
import { Endings } from './endings.js';
import { LaneWatch } from './lane-watch.js';
import type { LeaseKeeper } from './lease-keeper.js';
import { LocalQueues } from './local-queues.js';
import type { LocalQueue } from './local-queue.js';
import type { Runner } from './runner.js';
import { Turn, type PendingAdd, type PendingSettlement } from './turn.js';
import { Wants } from './wants.js';

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
  readonly #wants: Wants;
  readonly #lanes: LaneWatch;
  readonly #deliveries: Deliveries;
  readonly #exchanges = new Set<Promise<void>>();
  /** Results that the store did not take yet. */
  readonly #unsettled: PendingSettlement[] = [];
  readonly #hold: Hold;
  #retryMs = firstRetryMs;
  #retryTimer: Timer | undefined;
  #isDraining = false;

  constructor(parts: DispatcherParts) {
    this.#parts = parts;
    const { clock, functions } = parts;
    const want = (queue: LocalQueue): void => this.want(queue);
    this.#hold = clock.hold();
    this.#turn = new Turn((adds, settlements) => this.#flush(adds, settlements));
    this.endings = new Endings();
    this.queues = new LocalQueues(functions, want);
    this.#wants = new Wants(this.queues);
    this.#lanes = new LaneWatch({ ...parts, queues: this.queues, onReady: want, onLearnt: () => this.#keepAlive() });
    this.#deliveries = new Deliveries({ ...parts, queues: this.queues, endings: this.endings, settle: (pending) => this.#turn.settle(pending), onFree: want });
  }

  /** Deliveries that this engine holds. */
  get held(): number {
    return this.leases.size;
  }

  get runner(): Runner {
    return this.#deliveries.runner;
  }

  get leases(): LeaseKeeper {
    return this.#deliveries.leases;
  }

  /** Looks for work in a queue as soon as the running code has finished. */
  want(queue: LocalQueue): void {
    if (this.#isDraining) return;
    this.#wants.add(queue);
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
        this.#wants.returned(takes);
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

  /** Gives back what these queues hold that waits for a place; what must run alone keeps its turn. */
  releaseAhead(queues: readonly number[]): void {
    for (const queue of this.#known(queues)) this.runner.releaseAhead(queue);
  }

  /** Gives back everything that these queues hold and that has not started. */
  releaseWaiting(queues: readonly number[]): void {
    for (const queue of this.#known(queues)) this.runner.releaseWaiting(queue);
  }

  /** As `look`, for callers that do not wait. */
  lookSoon(): void {
    this.#lanes.lookSoon();
  }

  /** What the store knows of lanes: at the start, and after others changed something. */
  look(): Promise<void> {
    return this.#lanes.look();
  }

  /** Asks for nothing more, and waits until everything that runs has ended; what has not when `deadline` aborts is given back. */
  async drain(deadline: AbortSignal): Promise<void> {
    this.#isDraining = true;
    this.#lanes.stop();
    for (const queue of this.queues.all()) this.runner.releaseWaiting(queue);
    await this.runner.idle(deadline);
    this.runner.releaseAll();
    await this.#settled();
  }

  /** As `drain`, without waiting for handlers. */
  async stop(): Promise<void> {
    await this.drain(AbortSignal.abort());
    this.runner.stop();
    this.#parts.clock.clear(this.#retryTimer);
    this.queues.stop();
    this.leases.stop();
    this.#hold.set(false);
    this.endings.stop();
  }

  #known(queues: readonly number[]): readonly LocalQueue[] {
    return queues.flatMap((id) => this.queues.find(id) ?? []);
  }

  /** What was claimed before its turn could be of less importance than what comes in now. */
  #orderByPriority({ target }: JobAdd): void {
    const named = 'topic' in target ? undefined : this.queues.named(target.queue);
    for (const queue of 'topic' in target ? this.queues.ofTopic(target.topic) : named === undefined ? [] : [named]) {
      queue.hasPriorities = true;
      this.runner.releaseAhead(queue);
    }
  }

  /** Messages that this engine would deliver keep its process alive, and so do subscribers whose messages others may bring at any time. */
  #keepAlive(): void {
    const { queues } = this;
    const isShared = this.#parts.store.store?.isShared === true;
    // Held deliveries are looked at first: under load nothing else is.
    this.#hold.set(this.leases.size > 0 || (!this.#isDraining && (queues.hasWork() || (isShared && queues.hasSubscriber()))));
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

  #takes(adds: readonly JobAdd[], settlements: readonly PendingSettlement[] = []): readonly Take[] {
    if (!this.#isDraining && this.#retryTimer === undefined) return this.#wants.takes(adds, settlements);
    this.#wants.clear();
    return [];
  }

  #asked(takes: readonly Take[], adds: readonly JobAdd[]): Asked {
    return { takes, adds, looks: this.#lanes.looks, askedAtMs: this.#parts.clock.monotonicMs() };
  }

  #underWay(exchange: Promise<void>): void {
    this.#exchanges.add(exchange);
    void exchange.finally(() => this.#exchanges.delete(exchange));
  }

  #received({ deliveries, lanes, quarantined, expired }: ExchangeResult, { takes, adds, looks, askedAtMs }: Asked): void {
    this.#wants.returned(takes);
    const setting = { askedAtMs, isDraining: this.#isDraining };
    for (const delivery of deliveries) this.#deliveries.accept(delivery, delivery.data ?? adds[delivery.addIndex ?? -1]?.data, setting);
    for (const messageId of quarantined) {
      const error = queueErrors.ROW_CORRUPT({ messageId });
      this.#parts.logger.error(error.message, { code: error.code, messageId, hint: error.hint });
      this.endings.tell(messageId);
    }
    for (const messageId of expired) this.endings.tell(messageId);
    this.#lanes.learn(lanes, { isOld: looks !== this.#lanes.looks });
  }

  #failed(error: unknown, lost: { readonly adds: readonly PendingAdd[]; readonly settlements: readonly PendingSettlement[]; readonly takes: readonly Take[] }): void {
    this.#wants.returned(lost.takes);
    for (const { reject } of lost.adds) reject(error);
    const pauseMs = this.#retryMs;
    this.#retryMs = Math.min(longestRetryMs, this.#retryMs * 2);
    if (lost.settlements.length + lost.takes.length === 0) return;
    if (isClosed(error)) return;
    this.#parts.logger.warn('The store refused an exchange; it is tried again', { reason: messageOf(error), settlements: lost.settlements.length, inMs: pauseMs });
    // Results are kept and told again: their jobs are leased until then.
    this.#unsettled.push(...lost.settlements);
    this.#retryTimer ??= this.#parts.clock.setTimeout(() => {
      this.#retryTimer = undefined;
      for (const settlement of this.#unsettled.splice(0)) this.#turn.settle(settlement);
      for (const queue of this.queues.all()) if (this.#wants.ready(queue).length > 0) this.want(queue);
    }, pauseMs);
  }

  /** Resolves when everything handed in has been committed or refused. */
  async #settled(): Promise<void> {
    await this.runner.idle();
    this.runner.judgeLosses();
    for (const settlement of this.#unsettled.splice(0)) this.#turn.settle(settlement);
    this.#turn.flush();
    while (this.#exchanges.size > 0) {
      await Promise.all(this.#exchanges);
      this.#turn.flush();
    }
  }
}

function isClosed(error: unknown): boolean {
  const { code } = (error ?? {}) as Partial<MotiaError>;
  return code === 'MOTIA_STORE_CLOSED' || code === 'MOTIA_QUEUE_STOPPING';
}
