export { PubsubModule as default, PubsubModule, pubsub } from './module.js';
export type { PubsubInput, PubsubOptions } from './options.js';
export { pubsubErrors } from './errors.js';
