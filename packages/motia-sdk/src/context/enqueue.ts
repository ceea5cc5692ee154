import type { EnqueueData, EnqueueReceipt } from '../steps/flow-context.js';
import { callModule } from './call-module.js';
import type { InvocationScope } from './invocation-scope.js';

/** Hands a message to the queue on behalf of a call. */
export async function enqueueFor(scope: InvocationScope | undefined, message: EnqueueData): Promise<EnqueueReceipt | undefined> {
  const { topic, data, messageGroupId } = message;
  const payload = messageGroupId === undefined ? { topic, data } : { topic, data, messageGroupId };
  return ((await callModule(scope, 'QueueModule', 'enqueue', payload)) ?? undefined) as EnqueueReceipt | undefined;
}

/**
 * Puts a message on a topic; resolves when the queue has accepted it.
 * @throws MotiaError `MOTIA_SDK_MODULE_NOT_LOADED`, `MOTIA_SDK_NOT_CONNECTED`, and what the queue refuses with
 */
export function enqueue<T>(message: EnqueueData<T>): Promise<EnqueueReceipt | undefined> {
  return enqueueFor(undefined, message);
}
