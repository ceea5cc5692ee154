export { QueueModule as default, QueueModule, queue } from './module.js';
export type { QueueInput, QueueOptions } from './options.js';
export { queueErrors } from './errors.js';
