import { Type, type Static } from '@sinclair/typebox';
import { defineOptions } from '@motia/engine-core';
import type { TriggerChange, TriggerTypeDefinition } from '@motia/engine-core/contract';
import type { ClaimedCall, ClaimTerms, DueTrigger, TriggerDelivery } from '@motia/store-sqlite/outbox';
import type { StateSubscription } from './state-store.js';
import { matchesSubscription } from './subscriptions.js';

const name = (description: string) => Type.Optional(Type.String({ minLength: 1, maxLength: 512, description }));
const triggerConfig = Type.Object({
  scope: name('Only changes in this scope.'),
  key: name('Only changes of this key.'),
});
type StateTriggerConfig = Static<typeof triggerConfig>;

const json = {};
const payloadSchema = {
  type: 'object',
  properties: {
    type: { const: 'state' },
    event_type: { enum: ['state:created', 'state:updated', 'state:deleted'] },
    scope: { type: 'string' }, group_id: { type: 'string' },
    key: { type: 'string' }, item_id: { type: 'string' },
    old_value: json, new_value: json,
    version: { type: 'integer' },
    expired: { type: 'boolean' },
  },
  required: ['type', 'event_type', 'scope', 'key', 'old_value', 'new_value'],
};

/** The triggers of type `state` and what changes owe them. */
export class StateTriggers {
  readonly #subscriptions = new Map<string, StateSubscription>();
  readonly #isEnabled: boolean;
  #delivery: TriggerDelivery | undefined;

  constructor({ isEnabled }: { readonly isEnabled: boolean }) {
    this.#isEnabled = isEnabled;
  }

  /** Before the type is registered. */
  deliverWith(delivery: TriggerDelivery): void {
    this.#delivery = delivery;
  }

  readonly type: TriggerTypeDefinition<StateTriggerConfig> = {
    type: 'state',
    description: 'Runs after a change of state is committed: at least once, in the order of changes of each key.',
    config: defineOptions(triggerConfig),
    payloadSchema,
    apply: async (change: TriggerChange<StateTriggerConfig>): Promise<void> => {
      for (const { id } of change.removed) this.#subscriptions.delete(id);
      if (this.#isEnabled) for (const { id, functionId, config } of change.added) this.#subscriptions.set(id, { id, functionId, ...config });
      this.#delivery?.change(this.#isEnabled ? change : { added: [], removed: change.removed });
      await this.#delivery?.published();
    },
  };

  /** Those that are bound, and those that are expected back. */
  get subscriptions(): readonly StateSubscription[] {
    const expected = this.#isEnabled ? (this.#delivery?.expected.all() ?? []) : [];
    return [...this.#subscriptions.values(), ...expected.map(({ id, functionId, filter }) => ({ id, functionId, ...(filter as StateTriggerConfig) }))];
  }

  /** Triggers that a change of this key concerns. */
  matching(scope: string, key: string): readonly DueTrigger[] {
    const expected = this.#isEnabled ? (this.#delivery?.expected.concerning({ scope, key }) ?? none) : none;
    if (this.#subscriptions.size === 0) return expected;
    const matching: DueTrigger[] = [...expected];
    for (const subscription of this.#subscriptions.values()) if (matchesSubscription(subscription, scope, key)) matching.push({ id: subscription.id, functionId: subscription.functionId });
    return matching;
  }

  /** Makes a change that concerns triggers. Calls `make` before it returns. */
  during<T extends { readonly claimed: readonly ClaimedCall[] }>(due: readonly DueTrigger[], make: (claim: ClaimTerms | undefined) => Promise<T>): Promise<T> {
    return this.#delivery === undefined ? make(undefined) : this.#delivery.during(due, make);
  }

  /** Something made calls due by itself. */
  look(): void {
    this.#delivery?.look();
  }
}

const none: readonly DueTrigger[] = [];
