import type { TriggerCondition } from './handlers.js';

/** What a schedule does when a run is due while the last one is still running. */
export type CronOverlap = 'forbid' | 'allow' | 'replace' | 'queueOne';
/** Which of the runs are made up for that were missed while the engine was down. */
export type CronCatchUp = 'skip' | 'last' | 'all';

/** How a schedule runs, beside its expression. */
export interface CronOptions {
  /** IANA zone that the expression is meant in: `Europe/Vienna`. Default UTC. */
  readonly timezone?: string;
  /** `forbid` leaves the new run out, `allow` runs both, `replace` stops the old one, `queueOne` runs it afterwards, one at most. Default `forbid`. */
  readonly overlap?: CronOverlap;
  /** `last` runs the newest one, `all` each one in order, `skip` none. Default `last`. */
  readonly catchUp?: CronCatchUp;
  /** How old, in milliseconds, a missed run may be to be made up for. Default 300,000; a run at one moment is made up for however late. */
  readonly catchUpWindowMs?: number;
  /** Milliseconds for one run. Default 300,000. */
  readonly timeoutMs?: number;
  /** Named queue that runs are put on, where the queue module is loaded. Default: `default`. */
  readonly queue?: string;
  /** The handler runs unless this gives `false`. */
  readonly condition?: TriggerCondition;
}

/** A schedule that repeats. */
export interface CronTrigger extends CronOptions {
  readonly type: 'cron';
  /** Seven fields: second minute hour day-of-month month day-of-week year. */
  readonly expression: string;
  readonly at?: undefined;
}
/** A run at one moment. */
export interface OneOffTrigger extends Omit<CronOptions, 'overlap' | 'timezone'> {
  readonly type: 'cron';
  /** RFC 3339 with its offset, epoch milliseconds, or a Date. */
  readonly at: string | number | Date;
  readonly expression?: undefined;
  readonly overlap?: undefined;
  readonly timezone?: undefined;
}
