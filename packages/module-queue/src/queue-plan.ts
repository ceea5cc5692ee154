import type { Trigger } from '@motia/engine-core/contract';
import { resolveDelivery, type DeliveryOptions, type DeliverySettings } from './delivery/delivery-options.js';
import { readSettings } from './delivery/settings-schema.js';
import { queueErrors } from './errors.js';
import type { JobStore, JobStoreCapability, QueueRules } from './job-store.js';
import type { QueueOptions } from './options.js';
import type { QueueTriggerConfig } from './trigger-config.js';

/** What holds for which queue: trigger over queue_configs over adapter over defaults. */
export class QueuePlan {
  readonly #configs: ReadonlyMap<string, DeliverySettings>;
  readonly #adapter: DeliverySettings;
  readonly #graceMs: number;

  readonly #store: Pick<JobStore, 'name'>;
  readonly #supports: ReadonlySet<JobStoreCapability>;

  constructor(options: QueueOptions, store: Pick<JobStore, 'name' | 'settings'>, supports: ReadonlySet<JobStoreCapability>) {
    this.#configs = new Map(Object.entries(options.queue_configs).map(([name, written]) => [name, readSettings(written)]));
    this.#adapter = store.settings;
    this.#store = store;
    this.#supports = supports;
    this.#graceMs = options.subscription_grace_ms;
  }

  /** @throws `MOTIA_QUEUE_UNSUPPORTED` */
  need(capability: JobStoreCapability, feature: string): void {
    if (!this.#supports.has(capability)) throw queueErrors.UNSUPPORTED({ feature, adapter: this.#store.name });
  }

  /** Names in `queue_configs`. */
  get names(): readonly string[] {
    return [...this.#configs.keys()];
  }

  ofQueue(name: string): DeliveryOptions {
    return resolveDelivery(this.#configs.get(name), this.#adapter);
  }

  ofTrigger({ config }: Trigger<QueueTriggerConfig>): DeliveryOptions {
    return resolveDelivery(readSettings(config.queue_config), this.#configs.get(config.topic), this.#adapter);
  }

  /** @throws `MOTIA_QUEUE_UNSUPPORTED` */
  rules(options: DeliveryOptions): QueueRules {
    const { type, messageGroupField, hasImplicitGroup, delayMs, maxDepth, maxLosses, onExhausted } = options;
    if (type === 'fifo') this.need('fifo', 'fifo queues');
    return {
      isFifo: type === 'fifo',
      ...(messageGroupField === undefined ? {} : { messageGroupField }),
      // Only what the adapter's `mode: fifo` made a fifo queue has one group for all; who asks for fifo names groups.
      hasImplicitGroup,
      delayMs, maxDepth, maxLosses,
      blocksGroup: onExhausted === 'block',
      graceMs: this.#graceMs,
    };
  }
}
