import type { Clock, Registration, StoreHandle, StoreService } from '@motia/engine-core/contract';
import type { DeliverySettings } from '../delivery/delivery-options.js';
import { queueErrors } from '../errors.js';
import type { Exchange, ExchangeOptions, ExchangeResult, JobFilter, JobStore, LaneState, MoveTask, NewMove, QueueDeclaration, QueueState, QueueStats, Retention } from '../job-store.js';
import { unpackDelivery } from '../program/packed-delivery.js';
import type { CommandTimes } from '../program/times.js';
import type { ListInput } from '../program/views.js';
import type { QueueProgram } from '../store-program.js';
import { LeaseWatch } from './lease-watch.js';
import { Timeline } from './timeline.js';

export interface OpenDatabase {
  readonly store: StoreService;
  readonly handle: StoreHandle<QueueProgram>;
}

/** Jobs in a database of the engine, in a file or in memory. Usable from `open` to `close`. */
export class BuiltinJobStore implements JobStore {
  readonly name: string;
  readonly settings: DeliverySettings;
  readonly #timeline: Timeline;
  readonly #watch: LeaseWatch;
  readonly #moveWatch: LeaseWatch;
  readonly #listeners = new Set<() => void>();
  /** Subscriptions that this engine serves. */
  readonly #served = new Set<number>();
  #database: OpenDatabase | undefined;
  #foreign: Registration | undefined;

  constructor({ name, settings, clock }: { readonly name: string; readonly settings: DeliverySettings; readonly clock: Clock }) {
    this.name = name;
    this.settings = settings;
    this.#timeline = new Timeline(clock);
    this.#watch = new LeaseWatch(clock);
    this.#moveWatch = new LeaseWatch(clock);
  }

  get store(): StoreService | undefined {
    return this.#database?.store;
  }

  async open(database: OpenDatabase): Promise<void> {
    this.#database = database;
    this.#foreign = database.store.onForeignCommit(() => {
      for (const listener of [...this.#listeners]) listener();
    });
    await this.recover();
    await this.#handle.run('restartGrace', { times: this.#times });
  }

  close(): void {
    this.#foreign?.dispose();
    this.#foreign = undefined;
    this.#listeners.clear();
    this.#database = undefined;
  }

  async declare(queues: readonly QueueDeclaration[]): Promise<readonly QueueState[]> {
    const states = await this.#handle.run('declare', { queues, times: this.#times });
    for (const { queue, role } of states) if (role === 'subscription') this.#served.add(queue);
    return states;
  }

  async leave(queues: readonly number[]): Promise<void> {
    for (const queue of queues) this.#served.delete(queue);
    await this.#handle.run('leave', { queues, times: this.#times });
  }

  async unsubscribe(queue: number): Promise<void> {
    this.#served.delete(queue);
    await this.#handle.run('unsubscribe', { queue, times: this.#times });
  }

  async supersede(queues: readonly number[]): Promise<readonly number[]> {
    const kept = await this.#handle.run('supersede', { queues, times: this.#times });
    for (const queue of queues) this.#served.delete(queue);
    for (const queue of kept) this.#served.add(queue);
    return kept;
  }

  async retire(queues: readonly number[]): Promise<void> {
    await this.#handle.run('retire', { queues, times: this.#times });
  }

  async exchange({ settlements, takes, adds }: Exchange, options: ExchangeOptions = {}): Promise<ExchangeResult> {
    const { tx, isStrict = tx !== undefined } = options;
    const { deliveries, ...rest } = await this.#handle.run('exchange', { settlements, takes, adds, isStrict, times: this.#times }, tx === undefined ? undefined : { tx });
    return { ...rest, deliveries: deliveries.map(unpackDelivery) };
  }

  renew(leases: readonly { readonly key: number; readonly lease: number; readonly leaseMs: number }[]): Promise<readonly number[]> {
    return this.#handle.run('renew', { leases, times: this.#times });
  }

  async recover(): Promise<{ readonly recovered: number; readonly againInMs?: number }> {
    const { store } = this.#open;
    const known = new Map<string, boolean>();
    const isGone = (engineId: string): boolean => {
      const answer = known.get(engineId) ?? store.isGone(engineId);
      known.set(engineId, answer);
      return answer;
    };
    const { lapsed, againInMs: leasesAgainInMs = Infinity } = this.#watch.look(this.#handle.query('foreignLeases', { engineId: store.engineId }), isGone);
    const { lapsed: moves, againInMs: movesAgainInMs = Infinity } = this.#moveWatch.look(this.#handle.query('foreignMoves', { engineId: store.engineId }), isGone);
    if (moves.length > 0) await this.#handle.run('freeMoves', { moves });
    const goneEngines = this.#handle.query('servers', undefined).filter(isGone);
    const recovered = lapsed.length + goneEngines.length === 0 ? 0 : await this.#handle.run('reclaim', { leases: lapsed, goneEngines, times: this.#times });
    const againInMs = Math.min(leasesAgainInMs, movesAgainInMs);
    return { recovered, ...(againInMs === Infinity ? {} : { againInMs }) };
  }

  onChanged(listener: () => void): Registration {
    this.#listeners.add(listener);
    return { dispose: () => void this.#listeners.delete(listener) };
  }

  onEngineGone(listener: () => void): Registration {
    return this.#open.store.onEngineGone(listener);
  }

  async queues(): Promise<readonly QueueState[]> {
    return this.#handle.query('queues', undefined);
  }

  async lanes(): Promise<readonly LaneState[]> {
    return this.#handle.query('lanes', { dueMs: this.#times.dueMs });
  }

  async stats(): Promise<readonly QueueStats[]> {
    return this.#handle.query('stats', undefined);
  }

  async job(messageId: string): ReturnType<JobStore['job']> {
    return this.#handle.query('job', { messageId });
  }

  async jobsOf(receiptId: string): ReturnType<JobStore['jobsOf']> {
    return this.#handle.query('jobsOf', { receiptId });
  }

  async list(query: ListInput): ReturnType<JobStore['list']> {
    return this.#handle.query('list', query);
  }

  cancel(messageIds: readonly string[]): Promise<readonly string[]> {
    return this.#handle.run('cancel', { messageIds, times: this.#times });
  }

  async pause(queues: readonly number[], isPaused: boolean): Promise<void> {
    await this.#handle.run('pause', { queues, isPaused });
  }

  redrive(messageIds: readonly string[], options: { readonly toHead: boolean; readonly data?: string }): Promise<number> {
    return this.#handle.run('redrive', { messageIds, ...options });
  }

  discard(messageIds: readonly string[]): Promise<number> {
    return this.#handle.run('discard', { messageIds, times: this.#times });
  }

  discardSome(filter: JobFilter, limit: number): Promise<number> {
    return this.#handle.run('discardSome', { filter, limit, times: this.#times });
  }

  async startMove(task: NewMove): Promise<void> {
    await this.#handle.run('startMove', task);
  }

  stepMove(queue: number, limit: number): Promise<MoveTask | undefined> {
    return this.#handle.run('stepMove', { queue, limit });
  }

  cancelMove(queue: number): Promise<MoveTask | undefined> {
    return this.#handle.run('cancelMove', { queue });
  }

  async moves(): Promise<readonly MoveTask[]> {
    return this.#handle.query('moves', undefined);
  }

  async prune(retention: Retention): ReturnType<JobStore['prune']> {
    await this.#handle.run('keepServing', { queues: [...this.#served], times: this.#times });
    return this.#handle.run('prune', { retention, times: this.#times });
  }

  get #open(): OpenDatabase {
    if (this.#database === undefined) throw queueErrors.STOPPING({});
    return this.#database;
  }

  get #handle(): StoreHandle<QueueProgram> {
    return this.#open.handle;
  }

  get #times(): CommandTimes {
    return this.#timeline.now();
  }
}
