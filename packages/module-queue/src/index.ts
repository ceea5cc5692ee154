export { QueueModule as default, QueueModule, queue } from './module.js';
export type { QueueInput, QueueOptions } from './options.js';
export { BuiltinQueueAdapter } from './adapters/builtin.js';
export { queueErrors } from './errors.js';
export { JobStoreSlot } from './job-store.js';
export type {
  AddOutcome, Exchange, ExchangeOptions, ExchangeResult, JobAdd, JobFilter, JobStore, JobStoreCapability, LaneState, MoveTask, QueueDeclaration, QueueRules, QueueState, QueueStats, Retention, Settlement, Take,
} from './job-store.js';
export type { Delivery, JobFailure, JobState, JobView, QueueIdentity } from './job.js';
export type { DeliveryOptions, DeliverySettings } from './delivery/delivery-options.js';
