import type { TraceContext } from '@motia/protocol';
import { defineRef } from '../ref.js';
import type { StoreService, StoreTransaction } from './store.js';

/** One message. Either a topic, which fans out to everyone subscribed, or a function that is to be called from a named queue. */
export interface QueueMessage {
  readonly topic?: string;
  readonly queue?: string;
  readonly functionId?: string;
  readonly data: unknown;
  readonly messageGroupId?: string;
  readonly dedupId?: string;
  readonly delayMs?: number;
  /** Epoch milliseconds; wins over `delayMs`. */
  readonly runAtMs?: number;
  /** Larger first. Default 0. */
  readonly priority?: number;
  /** Given up as `MOTIA_QUEUE_EXPIRED` when it was not taken up so long after it could be: its delay counts before. Default: it waits for good. */
  readonly ttlMs?: number;
}
export interface QueueEnqueueOptions {
  readonly tx?: StoreTransaction;
  readonly trace?: TraceContext;
  readonly producerFunctionId?: string;
  /** How many triggers of stored changes led to this message: whoever handles it is as deep. Default 0. */
  readonly triggerDepth?: number;
}
export interface QueueReceipt {
  readonly messageReceiptId: string;
  readonly deduplicated?: boolean;
}
export type QueueRunState = 'waiting' | 'delayed' | 'running' | 'completed' | 'dead' | 'cancelled' | 'unknown';

/** What became of a message to a function, kept for a while after its end. */
export interface QueueRunStatus {
  readonly messageId: string;
  readonly state: QueueRunState;
  readonly attempts: number;
  readonly result?: unknown;
  readonly error?: { readonly code: string; readonly message: string };
}

/** Durable work, for other modules. `enqueue` and `queue::*` are the same for users. */
export interface QueueService {
  readonly store: StoreService | undefined;
  /** Resolves once the message is kept as durably as the store promises. */
  enqueue(message: QueueMessage, options?: QueueEnqueueOptions): Promise<QueueReceipt>;
  /**
   * A message to one function, whatever its triggers: retried, leased and dead-lettered as any other, on the implicit queue `default`
   * unless `queue` names another. `messageId` becomes its id, so the same call twice is one message. `keepResult` makes `status` answer with the result.
   */
  enqueueCall(
    call: { readonly functionId: string; readonly payload: unknown; readonly queue?: string; readonly messageId?: string; readonly timeoutMs?: number; readonly keepResult?: boolean },
    options?: QueueEnqueueOptions,
  ): Promise<QueueReceipt & { readonly messageId: string }>;
  status(messageId: string): Promise<QueueRunStatus>;
  /** Tells once when the message has ended: completed, dead or cancelled. Its promise never rejects; aborting gives what is known then. */
  ended(messageId: string, signal?: AbortSignal): Promise<QueueRunStatus>;
}
export const QueueServiceRef = defineRef<QueueService>('queue.service');
