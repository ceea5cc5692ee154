import type { MotiaError, Registration, Trigger, TriggerChange, TriggerRejections } from '@motia/engine-core/contract';
import { isMotiaError } from '@motia/engine-core/contract';
import type { MessageBus, BusMessage } from './message-bus.js';
import type { SubscribeConfig } from './trigger-config.js';

/** Keeps one subscription on the bus for each trigger: its id is the group, so that it counts once in all engines together. */
export class Subscribers {
  readonly #bus: MessageBus;
  readonly #deliver: (trigger: Trigger, message: BusMessage) => void;
  readonly #bound = new Map<string, Registration>();

  constructor(bus: MessageBus, deliver: (trigger: Trigger, message: BusMessage) => void) {
    this.#bus = bus;
    this.#deliver = deliver;
  }

  /** New subscribers first: a message during a swap finds the old or the new one, not neither. */
  async apply({ added, removed }: TriggerChange<SubscribeConfig>): Promise<TriggerRejections> {
    const leaving = removed.flatMap(({ id }) => this.#bound.get(id) ?? []);
    for (const { id } of removed) this.#bound.delete(id);
    const rejections = new Map<string, MotiaError>();
    for (const trigger of added) {
      try {
        this.#bound.set(trigger.id, await this.#bus.subscribe({ topic: trigger.config.topic, group: trigger.id }, (message) => this.#deliver(trigger, message)));
      } catch (error) {
        if (!isMotiaError(error)) throw error;
        rejections.set(trigger.id, error);
      }
    }
    for (const registration of leaving) registration.dispose();
    return rejections;
  }

  dispose(): void {
    for (const registration of this.#bound.values()) registration.dispose();
    this.#bound.clear();
  }
}
