import type { AdapterSlot, Registration, TraceContext } from '@motia/engine-core/contract';

/** One message on its way. */
export interface BusMessage {
  readonly topic: string;
  /** JSON text of the data: every subscriber reads its own copy. */
  readonly json: string;
  readonly trace: TraceContext;
  /** How many triggers of stored changes led to it. Absent is 0. */
  readonly triggerDepth?: number;
}

/** Who listens. */
export interface BusSubscription {
  readonly topic: string;
  /** Those of one group get a message once between them, wherever they run. It is the same in every engine and after every restart. */
  readonly group: string;
}

/**
 * What carries messages from publishers to subscribers: the hole that an adapter fills. An adapter may span engines
 * and machines.
 *
 * - At most once: nothing is kept, a message reaches those who are subscribed when it is published.
 * - Each group gets a message once: a bus of several engines picks one member.
 * - Messages of one publisher to one topic arrive in the order in which they were published.
 * - What a listener throws is its own business: it reaches neither the publisher nor other listeners.
 */
export interface MessageBus {
  /** Resolves when every subscriber of this engine has been handed the message, and others have been sent it. */
  publish(message: BusMessage): Promise<void>;
  /** Resolves once messages arrive. Ending one subscription never touches another. */
  subscribe(subscription: BusSubscription, listener: (message: BusMessage) => void): Promise<Registration>;
}

/** `engines`: messages reach subscribers of other engines too. */
export type MessageBusCapability = 'engines';

/** The slot of `modules::pubsub::PubSubModule`. */
export const MessageBusSlot: AdapterSlot<MessageBus, MessageBusCapability> = {
  id: 'pubsub.bus',
  capabilities: ['engines'],
  fallback: 'modules::pubsub::LocalAdapter',
};
