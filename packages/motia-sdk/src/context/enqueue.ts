import type { EnqueueData, EnqueueReceipt, Enqueues, EnqueueOptions } from '../steps/flow-context.js';
import { enqueueAll, enqueueOne, publishMessage } from './enqueue-calls.js';
import type { InvocationScope } from './invocation-scope.js';
import { makeCall } from './module-call.js';

/** Hands one message or a batch to the queue on behalf of a call. */
export function enqueueFor(scope: InvocationScope | undefined, message: EnqueueData | readonly EnqueueData[]): Promise<EnqueueReceipt | EnqueueReceipt[]> {
  return isBatch(message) ? makeCall(scope, enqueueAll(message)) : makeCall(scope, enqueueOne(message));
}

export function isBatch(message: EnqueueData | readonly EnqueueData[]): message is readonly EnqueueData[] {
  return Array.isArray(message);
}

type Known<T extends string> = T extends keyof Enqueues ? Enqueues[T] : unknown;

/**
 * Puts a message on a topic; resolves when the queue has accepted it, as durably as its store promises. A list of messages
 * is accepted together or not at all.
 * @throws MotiaError `MOTIA_SDK_MODULE_NOT_LOADED`, `MOTIA_SDK_NOT_CONNECTED`, and what the queue refuses with
 */
export function enqueue<const T extends string>(message: EnqueueOptions & { readonly topic: T; readonly data: Known<T> }): Promise<EnqueueReceipt>;
export function enqueue(messages: readonly EnqueueData[]): Promise<EnqueueReceipt[]>;
export function enqueue(message: EnqueueData | readonly EnqueueData[]): Promise<EnqueueReceipt | EnqueueReceipt[]> {
  return enqueueFor(undefined, message);
}

/**
 * Publishes to whoever subscribes at this moment: at most once, nothing is kept, nobody is waited for.
 * @throws MotiaError `MOTIA_SDK_MODULE_NOT_LOADED`, `MOTIA_SDK_NOT_CONNECTED`
 */
export function publish(topic: string, data: unknown): Promise<void> {
  return makeCall(undefined, publishMessage(topic, data));
}
