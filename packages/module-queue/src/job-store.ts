import type { AdapterSlot, Registration, StoreService, StoreTransaction, TraceContext } from '@motia/engine-core/contract';
import type { DeliverySettings } from './delivery/delivery-options.js';
import type { Delivery, JobFailure, JobState, JobView, QueueIdentity } from './job.js';

/**
 * What a store may be able to do beyond the least. `fifo`: groups in order. `priority`: larger ones first. `transactions`: its
 * changes can be part of a transaction of a `StoreService`.
 */
export type JobStoreCapability = 'fifo' | 'priority' | 'transactions';

/** The hole in the queue module that a store of jobs fills. */
export const JobStoreSlot: AdapterSlot<JobStore, JobStoreCapability> = {
  id: 'queue.job-store',
  capabilities: ['fifo', 'priority', 'transactions'],
  fallback: 'modules::queue::BuiltinQueueAdapter',
};

/** What the store itself must know of a queue to take a message, or to judge a lease of an engine that is gone. */
export interface QueueRules {
  readonly isFifo: boolean;
  readonly messageGroupField?: string;
  readonly hasImplicitGroup: boolean;
  readonly delayMs: number;
  readonly maxDepth: number;
  readonly maxLosses: number;
  /** Whether a group waits when one of its messages is given up. */
  readonly blocksGroup: boolean;
  /** How long a subscription that no engine serves goes on getting messages. */
  readonly graceMs: number;
}
export interface QueueDeclaration extends QueueIdentity {
  readonly rules: QueueRules;
  /**
   * `subscription`: gets every message of its topic; this engine serves it until `leave`. `holding`: gets those of a topic
   * without subscribers, and hands them to the first one. `named`: gets calls that name it.
   */
  readonly role: 'subscription' | 'holding' | 'named';
}

/** Jobs of one queue for one function. Numbers are the store's own and hold for as long as it is open. */
export interface LaneState {
  readonly lane: number;
  readonly queue: number;
  readonly functionId: string;
  /** Something can be taken now. */
  readonly hasReady: boolean;
  /** Milliseconds until the next delayed job is due. */
  readonly dueInMs?: number;
}
export interface QueueState extends QueueIdentity {
  readonly queue: number;
  /** `former`: a subscription that was superseded. */
  readonly role: QueueDeclaration['role'] | 'former';
  readonly isPaused: boolean;
  /** Jobs that have not ended: waiting, delayed, running, blocked. */
  readonly depth: number;
  readonly rules: QueueRules;
  /** Since when nobody serves the subscription. */
  readonly leftAtMs?: number;
  /** Since when it takes no new messages. */
  readonly endedAtMs?: number;
}
/** Whether it has subscribers, who may be away. Others are there as long as they are declared. */
export function isSubscription({ role }: Pick<QueueState, 'role'>): boolean {
  return role === 'subscription' || role === 'former';
}
export interface QueueStats extends QueueState {
  readonly ready: number;
  readonly delayed: number;
  readonly behind: number;
  readonly leased: number;
  readonly blocked: number;
  readonly dead: number;
  /** When the one that waits longest was enqueued. */
  readonly oldestReadyAtMs?: number;
}

/** A message on its way in. */
export interface JobAdd {
  readonly target: { readonly topic: string } | { readonly queue: string; readonly functionId: string };
  readonly receiptId: string;
  /** The id of the job itself, for calls that bring one; else made of receipt and function. */
  readonly messageId?: string;
  readonly data: string;
  /** Undefined: the queue's own. */
  readonly delayMs?: number;
  readonly group?: string;
  readonly priority: number;
  /** Given up when nobody has taken it up so long after it could be. */
  readonly ttlMs?: number;
  readonly trace?: TraceContext;
  readonly producer?: string;
  /** How many triggers of stored changes led to it. */
  readonly triggerDepth: number;
  readonly dedup?: { readonly id: string; readonly windowMs: number; readonly hash: string };
  readonly timeoutMs?: number;
  readonly keepResult?: boolean;
  /** Accept a message that nobody gets. */
  readonly mayBeNobodys?: boolean;
}
export type AddOutcome =
  | { readonly status: 'added'; readonly receiptId: string; readonly jobs: number }
  | { readonly status: 'duplicate'; readonly receiptId: string }
  /** `code` of the catalog without its prefix, and its details. */
  | { readonly status: 'refused'; readonly code: 'QUEUE_NOT_FOUND' | 'QUEUE_FULL' | 'GROUP_REQUIRED' | 'INVALID_GROUP' | 'DEDUP_CONFLICT'; readonly details: Readonly<Record<string, unknown>> };

/** What became of a delivery. */
export interface Settlement {
  readonly key: number;
  readonly lease: number;
  readonly lane: number;
  readonly queue: number;
  readonly group?: string;
  readonly end:
    | { readonly kind: 'completed'; readonly result?: string }
    /** Comes again after `delayMs`. `counts` says which counter grows; none for a job that is given back. */
    | { readonly kind: 'again'; readonly delayMs: number; readonly counts?: 'attempt' | 'loss'; readonly failure?: JobFailure }
    /** `blocksGroup` stops its fifo group. */
    | { readonly kind: 'dead'; readonly counts: 'attempt' | 'loss'; readonly failure: JobFailure; readonly blocksGroup: boolean };
}
/** A wish for work: at most `slots` jobs of the lane, leased for `leaseMs`. */
export interface Take {
  readonly lane: number;
  /** Free places. */
  readonly slots: number;
  /**
   * Further jobs, to wait with the caller until places become free; a store may hand out fewer, or none. Never one that was
   * lost, has a priority or a time to live, and none beside one that was lost.
   */
  readonly ahead?: number;
  readonly leaseMs: number;
}

/**
 * Everything that one turn of the engine asks of the store, in this order: results first, then waiting jobs are taken, then
 * new ones come in, straight into leases where slots are left.
 */
export interface Exchange {
  readonly settlements: readonly Settlement[];
  readonly takes: readonly Take[];
  readonly adds: readonly JobAdd[];
}
export interface ExchangeResult {
  /** For each settlement whether the lease was still the caller's; if not, nothing was changed. */
  readonly settled: readonly boolean[];
  readonly deliveries: readonly Delivery[];
  readonly added: readonly AddOutcome[];
  /** Every lane that was settled, taken from or added to, as it is now. */
  readonly lanes: readonly LaneState[];
  /** Ids of jobs whose data is not what was written: they are dead letters now. */
  readonly quarantined: readonly string[];
  /** Ids of jobs that waited for longer than they may: they are dead letters now. */
  readonly expired: readonly string[];
}
export interface ExchangeOptions {
  /** Makes it part of a transaction: everything is strict then. */
  readonly tx?: StoreTransaction;
  /** The first refused message fails the whole exchange, with its error, and nothing is changed. */
  readonly isStrict?: boolean;
}

/** Which jobs an operator means. All conditions must hold. */
export interface JobFilter {
  readonly queue: number;
  readonly functionId?: string;
  /** Of the newest failure. */
  readonly code?: string;
  readonly group?: string;
  /** Given up at or before. Epoch milliseconds. */
  readonly beforeMs?: number;
  readonly afterMs?: number;
}
/** A redrive of many, a part at a time. It belongs to the store, so that a crash does not forget it. */
export interface MoveTask {
  readonly queue: number;
  readonly filter: JobFilter;
  readonly toHead: boolean;
  readonly ratePerSecond?: number;
  readonly moved: number;
  readonly startedAtMs: number;
  readonly state: 'running' | 'done' | 'cancelled';
  /** Who goes on with it; undefined when nobody does. */
  readonly engineId?: string;
}
export type NewMove = Pick<MoveTask, 'queue' | 'filter' | 'toHead' | 'ratePerSecond'>;
export interface Retention {
  /** Completed, cancelled and discarded jobs: at most so many, at most so old. */
  readonly historyMs: number;
  readonly historyJobs: number;
  /** Completed jobs whose result is kept. */
  readonly resultMs: number;
  readonly deadLetterMs: number;
}

/**
 * Keeps jobs. A store may be used by several engines at once, and says nothing before it is as durable as it promises.
 *
 * Invariants, which the conformance suite checks: a job is in one state; a lease belongs to one engine until it is settled,
 * lapses or is recovered; a settlement with an older lease changes nothing; of a fifo group at most one job is ready or leased,
 * and it is the oldest that has not ended; an exchange is done in whole or not at all.
 */
export interface JobStore {
  /** Shown in errors: `BuiltinQueueAdapter (file_based)`. */
  readonly name: string;
  /** Where it is kept, for transactions with others. Undefined before it was started, and for stores that have none. */
  readonly store: StoreService | undefined;
  /** What its own configuration says of delivery; queue_configs and triggers win over it. */
  readonly settings: DeliverySettings;

  /** Makes queues known, or changes their rules. A subscription counts as served by this engine from then on. */
  declare(queues: readonly QueueDeclaration[]): Promise<readonly QueueState[]>;
  /** This engine does not serve these subscriptions any more. They go on getting messages for as long as their rules say. */
  leave(queues: readonly number[]): Promise<void>;
  /** Ends a subscription at once: no new messages. What it holds is dead-lettered by `prune`. */
  unsubscribe(queue: number): Promise<void>;
  /**
   * These subscriptions take no new messages until they are declared again; this engine serves what they hold until `leave`. Answers
   * those that hold anything, dead letters included; the others are ended.
   */
  supersede(queues: readonly number[]): Promise<readonly number[]>;
  /** Named queues and holding topics take no new messages until they are declared again. What they hold stays. */
  retire(queues: readonly number[]): Promise<void>;

  exchange(exchange: Exchange, options?: ExchangeOptions): Promise<ExchangeResult>;
  /** Makes leases last `leaseMs` from now. Answers the keys of those that are no longer the caller's. */
  renew(leases: readonly { readonly key: number; readonly lease: number; readonly leaseMs: number }[]): Promise<readonly number[]>;
  /**
   * Puts back what engines held that are gone, as far as that is known now: their leases lapsed, or they are known to be dead. Moves of
   * theirs are free then, as are those that an engine has not gone on with for 30 s. `againInMs` says when another look is worth it. For the engine itself it never does anything.
   */
  recover(): Promise<{ readonly recovered: number; readonly againInMs?: number }>;
  /** After another engine changed something: look at `lanes` again. */
  onChanged(listener: () => void): Registration;
  /** After another engine is known to be gone: `recover` has something to do. A store that cannot know never says so. */
  onEngineGone(listener: () => void): Registration;

  queues(): Promise<readonly QueueState[]>;
  lanes(): Promise<readonly LaneState[]>;
  stats(): Promise<readonly QueueStats[]>;
  job(messageId: string): Promise<(JobView & { readonly waitsFor?: { readonly messageId: string; readonly state: JobState } }) | undefined>;
  /** Jobs of one receipt. */
  jobsOf(receiptId: string): Promise<readonly JobView[]>;
  /** In order of delivery; ended ones newest first. `cursor` continues a list of the same states. @throws `MOTIA_QUEUE_INVALID_OPTION` for any other cursor */
  list(query: { readonly queue?: number; readonly states: readonly JobState[]; readonly limit: number; readonly cursor?: string; readonly filter?: Omit<JobFilter, 'queue'> }): Promise<{ readonly jobs: readonly JobView[]; readonly cursor?: string }>;

  /** Ends jobs that have not ended; leases of them are over. Answers those that it ended. */
  cancel(messageIds: readonly string[]): Promise<readonly string[]>;
  pause(queues: readonly number[], isPaused: boolean): Promise<void>;
  /** Takes dead and blocked jobs back, counters at zero, with other data if given. Answers how many it took. */
  redrive(messageIds: readonly string[], options: { readonly toHead: boolean; readonly data?: string }): Promise<number>;
  discard(messageIds: readonly string[]): Promise<number>;
  /** Up to `limit` of those that the filter means. */
  discardSome(filter: JobFilter, limit: number): Promise<number>;
  /** @throws `MOTIA_QUEUE_REDRIVE_RUNNING` */
  startMove(task: NewMove): Promise<void>;
  /**
   * Moves up to `limit` more, for the engine that began the move or the first one that asks when it is free; undefined for others. With 0 it
   * only says that the engine is still at it. Done once nothing is left that was dead when it began.
   */
  stepMove(queue: number, limit: number): Promise<MoveTask | undefined>;
  cancelMove(queue: number): Promise<MoveTask | undefined>;
  /** The last one of each queue. */
  moves(): Promise<readonly MoveTask[]>;
  /**
   * Forgets what is older than told, and gives up what has waited for longer than it may, a part at a time. Tells whether there is
   * more, and how many jobs were given up.
   */
  prune(retention: Retention): Promise<{ readonly isMore: boolean; readonly gaveUp: number }>;
}
