import type { StateSubscription } from './state-store.js';

/** Whether a trigger concerns a key: what it leaves open fits everything. */
export function matchesSubscription(subscription: Pick<StateSubscription, 'scope' | 'key'>, scope: string, key: string): boolean {
  return (subscription.scope === undefined || subscription.scope === scope) && (subscription.key === undefined || subscription.key === key);
}
