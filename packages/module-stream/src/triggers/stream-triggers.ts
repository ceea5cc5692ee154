import { Type, type Static } from '@sinclair/typebox';
import { defineOptions } from '@motia/engine-core';
import type { OptionsSchema, Registration, Trigger, TriggerChange, TriggerRegistry } from '@motia/engine-core/contract';
import { TriggerDelivery, type ClaimedCall, type ClaimTerms, type DueTrigger, type TriggerDeliveryParts } from '@motia/store-sqlite/outbox';
import { dueAddress } from '../program/change-item.js';

const name = (description: string) => Type.String({ minLength: 1, description });

export const streamTriggerSchema = Type.Object({
  stream_name: name('Stream whose changes are meant.'),
  group_id: Type.Optional(name('Only this group.')),
  item_id: Type.Optional(name('Only this item.')),
});
export type StreamTriggerConfig = Static<typeof streamTriggerSchema>;
export const streamTriggerOptions: OptionsSchema<StreamTriggerConfig> = defineOptions(streamTriggerSchema);

interface Address {
  readonly stream: string;
  readonly group: string;
  readonly item?: string;
}

/** What functions get: the frame that clients get, without a subscription. */
const payloadSchema = {
  type: 'object',
  required: ['type', 'timestamp', 'streamName', 'groupId', 'id', 'event'],
  properties: {
    type: { const: 'stream' }, timestamp: { type: 'integer' }, streamName: { type: 'string' }, groupId: { type: 'string' }, id: { type: ['string', 'null'] },
    seq: { type: 'integer' }, epoch: { type: 'string' }, event: { type: 'object', required: ['type'] },
  },
} as const;

/**
 * Triggers of type `stream`. Calls are written down with the change that they are owed to, so that neither a crash nor a
 * missing worker loses one; those of one trigger about one item are made in order, everything else side by side.
 */
export class StreamTriggers {
  readonly #delivery: TriggerDelivery;
  /** By the stream that they are about. */
  readonly #byStream = new Map<string, Map<string, Trigger<StreamTriggerConfig>>>();
  #registration: Registration | undefined;

  constructor(parts: Omit<TriggerDeliveryParts, 'kind'>) {
    this.#delivery = new TriggerDelivery({ kind: 'stream', ...parts });
  }

  /** From now on changes are owed to triggers that are expected back. */
  open(): Promise<void> {
    return this.#delivery.start();
  }

  async start(registry: TriggerRegistry): Promise<void> {
    this.#registration = await registry.registerType<StreamTriggerConfig>({
      type: 'stream',
      description: 'Calls a function after each change of a stream.',
      config: streamTriggerOptions,
      payloadSchema,
      apply: (change) => this.#apply(change),
    });
  }

  /** The engine begins to end. */
  expectEnd(): void {
    this.#delivery.expectEnd();
  }

  drain(deadline: AbortSignal): Promise<void> {
    return this.#delivery.drain(deadline);
  }

  async stop(): Promise<void> {
    this.#registration?.dispose();
    this.#registration = undefined;
    await this.#delivery.stop();
  }

  /** Those that want to hear of an item, or of a message to a group. */
  matching(address: Address): readonly DueTrigger[] {
    const { stream, group, item } = address;
    const expected = this.#delivery.expected.concerning(dueAddress(address));
    const known = this.#byStream.get(stream);
    if (known === undefined) return expected;
    const due: DueTrigger[] = [...expected];
    for (const { id, functionId, config } of known.values()) {
      if ((config.group_id ?? group) === group && (config.item_id ?? item) === item) due.push({ id, functionId });
    }
    return due;
  }

  during<T extends { readonly claimed: readonly ClaimedCall[] }>(due: readonly DueTrigger[], make: (claim: ClaimTerms | undefined) => Promise<T>): Promise<T> {
    return this.#delivery.during(due, make);
  }

  async #apply(change: TriggerChange<StreamTriggerConfig>): Promise<void> {
    for (const { id, config } of change.removed) {
      const known = this.#byStream.get(config.stream_name);
      known?.delete(id);
      if (known?.size === 0) this.#byStream.delete(config.stream_name);
    }
    for (const trigger of change.added) {
      const { stream_name: stream } = trigger.config;
      const known = this.#byStream.get(stream);
      if (known === undefined) this.#byStream.set(stream, new Map([[trigger.id, trigger]]));
      else known.set(trigger.id, trigger);
    }
    this.#delivery.change(change);
    await this.#delivery.published();
  }
}
