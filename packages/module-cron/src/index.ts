export { CronModule as default, CronModule, cron } from './module.js';
export type { CronInput, CronOptions } from './options.js';
export { cronErrors } from './errors.js';
