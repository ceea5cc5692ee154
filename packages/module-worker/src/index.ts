export { WorkerModule as default, WorkerModule, worker } from './module.js';
export type { WorkerInput, WorkerOptions } from './options.js';
export { workerErrors } from './errors.js';
