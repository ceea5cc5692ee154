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

/** Keys that are not known travel too: the queue says what is wrong with them. */
function wireMessage(message: EnqueueData): Record<string, unknown> {
  if (typeof message !== 'object' || message === null) return {};
  const { delayMs, delaySeconds, runAt, priority, ttlMs, ...rest } = message;
  return given({
    ...rest,
    delayMs: asSent(delayMs ?? (delaySeconds === undefined ? undefined : delaySeconds * 1000)),
    runAt: runAt === undefined ? undefined : momentMs(runAt),
    priority: asSent(priority),
    ttlMs: asSent(ttlMs),
  });
}

/** JSON makes null of NaN and Infinity, which would mean that the option was left out: they are sent as words, and refused. */
function asSent(value: number | undefined): number | string | undefined {
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
}

/** A queue of someone else's may give no receipt. */
function readReceipt(answer: unknown): EnqueueReceipt {
  return (answer ?? { messageReceiptId: '' }) as EnqueueReceipt;
}
