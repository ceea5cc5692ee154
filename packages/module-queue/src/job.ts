import type { TraceContext } from '@motia/engine-core/contract';

/**
 * Where a job stands. One job is one row: a message for one subscriber, or a call for a named queue. It is in exactly one state.
 *
 * ```
 *  enqueue ─┬─► ready ◄───────────────┐ due            claim ┌──────────┐
 *           ├─► delayed ──────────────┘        ready ───────► │  leased  │
 *           └─► behind (fifo: another of its                  └────┬─────┘
 *                group comes first) ─► ready | delayed             │
 *
 *  leased ─► completed              the handler answered, or its condition said no
 *         ─► delayed | ready        it failed and has retries left (attempts + 1); its process died (losses + 1);
 *                                   it was given back (drain, reload: nothing is counted)
 *         ─► dead                   retries or losses used up, or the handler said that no attempt can succeed
 *         ─► blocked                the same, in a fifo queue with `onExhausted: block`: its group waits
 *  ready, delayed, behind, leased, blocked ─► cancelled     somebody called it off
 *  dead, blocked ─► ready | behind  redriven, counters at zero
 *                ─► discarded       an operator gave it up
 * ```
 * `dead`, `completed`, `cancelled` and `discarded` are ends; they are kept for a while and then forgotten.
 */
export type JobState = 'ready' | 'delayed' | 'behind' | 'leased' | 'blocked' | 'dead' | 'completed' | 'cancelled' | 'discarded';

/** States in which a job has ended. `dead` can be taken back by a redrive. */
export const endStates: ReadonlySet<JobState> = new Set<JobState>(['dead', 'completed', 'cancelled', 'discarded']);

/** Why one delivery of a job did not end well. Newest first in a job's list. */
export interface JobFailure {
  /** `failed`: the handler did (an attempt). `lost`: its process or engine died (a loss). */
  readonly kind: 'failed' | 'lost';
  readonly code: string;
  readonly message: string;
  readonly stack?: string;
  /** Epoch milliseconds. */
  readonly atMs: number;
  /** Which delivery it was, counted from 1. */
  readonly delivery: number;
  /** Of the span of that delivery. */
  readonly traceId?: string;
  readonly spanId?: string;
  /** Version of the process that ran it, where it is known. */
  readonly workerVersion?: string;
}

/** Failures kept per job. */
export const keptFailures = 10;

/** A job that was handed to this engine. */
export interface Delivery {
  /** The store's own name of the row. */
  readonly key: number;
  /** Sequence number of the lease: 1 for the first delivery. Whoever settles with an older one is refused. */
  readonly lease: number;
  readonly lane: number;
  readonly messageId: string;
  readonly functionId: string;
  /** JSON text. Undefined for a job of the same exchange, which the caller has. */
  readonly data: string | undefined;
  /** Place in `adds` of the exchange, for those. */
  readonly addIndex?: number;
  readonly group?: string;
  /** Failed so far. */
  readonly attempts: number;
  readonly losses: number;
  readonly enqueuedAtMs: number;
  /** When it could have been delivered first. */
  readonly readyAtMs: number;
  readonly trace: TraceContext | undefined;
  /** How many triggers of stored changes led to it. */
  readonly triggerDepth: number;
  readonly timeoutMs: number | undefined;
  readonly keepResult: boolean;
}

/** All that is known of a job, for people. */
export interface JobView {
  readonly messageId: string;
  readonly receiptId: string;
  readonly state: JobState;
  readonly queue: QueueIdentity;
  readonly functionId: string;
  readonly group?: string;
  readonly priority: number;
  readonly attempts: number;
  readonly losses: number;
  readonly deliveries: number;
  readonly enqueuedAtMs: number;
  readonly dueAtMs?: number;
  /** When it is given up if it still waits. */
  readonly expiresAtMs?: number;
  readonly leasedBy?: string;
  readonly leasedUntilMs?: number;
  /** Of the last delivery. */
  readonly startedAtMs?: number;
  readonly endedAtMs?: number;
  readonly traceId?: string;
  readonly producer?: string;
  /** Newest first. */
  readonly failures: readonly JobFailure[];
  /** JSON text; undefined once the job has ended well. */
  readonly data?: string;
  /** JSON text of what the handler answered, if it was to be kept. */
  readonly result?: string;
  readonly timeoutMs?: number;
}

/** What a queue is: the rows of one subscriber of a topic, or a named queue. */
export interface QueueIdentity {
  readonly kind: 'topic' | 'queue';
  readonly name: string;
  /** The subscriber. Empty for named queues, and for topics whose subscribers compete. */
  readonly functionId: string;
}

/** For messages and metrics: `order.created → steps::Ship…`, or the name. */
export function queueLabel({ name, functionId }: QueueIdentity): string {
  return functionId === '' ? name : `${name} → ${functionId}`;
}
