export { cronStoreConformance } from './cron-store-conformance.js';
export type { CronStoreConformanceOptions } from './cron-store-conformance.js';
