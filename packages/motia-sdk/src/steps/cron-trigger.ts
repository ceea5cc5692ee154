import type { TriggerCondition } from './handlers.js';

/** What a schedule does when a run is due while the last one is still running. */
export type CronOverlap = 'forbid' | 'allow' | 'replace' | 'queueOne';
/** Which of the runs are made up for that were missed while the engine was down. */
export type CronCatchUp = 'skip' | 'last' | 'all';

/** How a schedule runs, beside its expression. */
export interface CronOptions {
  /** IANA zone that the expression is read in: `Europe/Vienna`. Default: that of the module, UTC. */
  readonly timezone?: string;
  /** Default `forbid`: the run is left out, and that is recorded. */
  readonly overlap?: CronOverlap;
  /** Default `last`. */
  readonly catchUp?: CronCatchUp;
  /** Milliseconds that a missed run may be late. Default 300,000. */
  readonly catchUpWindowMs?: number;
  /** Milliseconds for one run. Default 300,000. */
  readonly timeoutMs?: number;
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
export interface OneOffTrigger extends Omit<CronOptions, 'overlap'> {
  readonly type: 'cron';
  /** RFC 3339 with its offset, epoch milliseconds, or a Date. */
  readonly at: string | number | Date;
  readonly expression?: undefined;
  readonly overlap?: undefined;
}
