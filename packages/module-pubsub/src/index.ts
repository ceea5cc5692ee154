export { PubSubModule as default, PubSubModule, pubsub } from './module.js';
export { LocalAdapter } from './adapters/local-adapter.js';
export { MessageBusSlot } from './message-bus.js';
export type { BusMessage, BusSubscription, MessageBus, MessageBusCapability } from './message-bus.js';
export type { PubSubInput, PubSubOptions } from './options.js';
export type { SubscribeConfig } from './trigger-config.js';
export { pubsubErrors } from './errors.js';
