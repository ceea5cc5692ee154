import { momentMs } from '../steps/moment.js';
import type { EnqueueData, EnqueueReceipt } from '../steps/flow-context.js';
import { given, type ModuleCall } from './module-call.js';

const module = 'QueueModule';

/** A message for a topic, as the queue takes it. */
export function enqueueOne(message: EnqueueData): ModuleCall<EnqueueReceipt> {
  return { module, functionId: 'enqueue', payload: wireMessage(message), read: readReceipt };
}

/** Several messages that are accepted together or not at all. */
export function enqueueAll(messages: readonly EnqueueData[]): ModuleCall<EnqueueReceipt[]> {
  const read = (answer: unknown): EnqueueReceipt[] => {
    const { receipts } = (answer ?? {}) as { receipts?: readonly unknown[] };
    return messages.map((_, index) => readReceipt(receipts?.[index]));
  };
  return { module, functionId: 'queue::enqueue_batch', payload: { messages: messages.map(wireMessage) }, read };
}

/** Lengthens the lease of the message that a call is working on. */
export function extendLease({ idempotencyKey, invocationId }: { readonly idempotencyKey: string; readonly invocationId: string }, ms: number): ModuleCall<void> {
  return { module, functionId: 'queue::extend', payload: { idempotencyKey, invocationId, ms }, read: () => undefined };
}

export function publishMessage(topic: string, data: unknown): ModuleCall<void> {
  return { module: 'PubSubModule', functionId: 'publish', payload: { topic, data }, read: () => undefined };
}

function wireMessage({ topic, data, messageGroupId, dedupId, delayMs, delaySeconds, runAt, priority, ttlMs }: EnqueueData): Record<string, unknown> {
  return given({
    topic,
    data,
    messageGroupId,
    dedupId,
    delayMs: delayMs ?? (delaySeconds === undefined ? undefined : delaySeconds * 1000),
    runAt: runAt === undefined ? undefined : momentMs(runAt),
    priority,
    ttlMs,
  });
}

/** A queue of someone else's may give no receipt. */
function readReceipt(answer: unknown): EnqueueReceipt {
  return (answer ?? { messageReceiptId: '' }) as EnqueueReceipt;
}
