import type { BusMessage, BusSubscription, MessageBus } from '../message-bus.js';

type Listener = (message: BusMessage) => void;

/** Subscribers of this engine, by topic and group. */
export class LocalBus implements MessageBus {
  readonly #topics = new Map<string, Map<string, Listener[]>>();

  async publish(message: BusMessage): Promise<void> {
    const groups = this.#topics.get(message.topic);
    if (groups === undefined) return;
    for (const [group, members] of [...groups]) {
      const [listener, ...others] = members;
      if (listener === undefined) continue;
      // In turn: the one that gets this message is the last in line for the next.
      groups.set(group, [...others, listener]);
      try {
        listener(message);
      } catch {
        // Its own business, as the slot says.
      }
    }
  }

  async subscribe({ topic, group }: BusSubscription, listener: Listener): Promise<{ dispose(): void }> {
    const groups = this.#topics.get(topic) ?? new Map<string, Listener[]>();
    this.#topics.set(topic, groups);
    groups.set(group, [...(groups.get(group) ?? []), listener]);
    let isOver = false;
    return {
      dispose: () => {
        if (isOver) return;
        isOver = true;
        const members = groups.get(group) ?? [];
        const index = members.indexOf(listener);
        const left = members.filter((_, position) => position !== index);
        if (left.length > 0) groups.set(group, left);
        else groups.delete(group);
        if (groups.size === 0) this.#topics.delete(topic);
      },
    };
  }
}
