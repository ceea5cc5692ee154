export { CronModule as default, CronModule, cron } from './module.js';
export { KvCronAdapter } from './adapters/kv-cron-adapter.js';
export { CronStoreSlot } from './cron-store.js';
export type {
  BeginOutcome, ClaimOutcome, ClaimRequest, CronStore, CronStoreCapability, JobState, LastResult, RunEnd, RunFailure, RunKey, RunRecord, RunStart, RunState, StoredJob,
} from './cron-store.js';
export { parseSchedule } from './schedule/schedule.js';
export type { Schedule, ScheduleInput } from './schedule/schedule.js';
export type { CatchUpPolicy, OverlapPolicy } from './job-spec.js';
export type { CronPayload } from './runs/slot-run.js';
export type { CronInput, CronOptions } from './options.js';
export { cronErrors } from './errors.js';
