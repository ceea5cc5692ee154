import { defineRef } from '../ref.js';

export interface CronJobInfo {
  /** The trigger's id: the same in every engine and after every restart. */
  readonly jobId: string;
  readonly functionId: string;
  /** Seven fields, normalised; undefined for a one-off job. */
  readonly expression?: string;
  readonly timezone: string;
  readonly isPaused: boolean;
  readonly nextRunAtMs?: number;
  readonly lastScheduledAtMs?: number;
  readonly lastResult?: 'succeeded' | 'failed' | 'skipped' | 'running';
  readonly lastError?: string;
}

/** Schedules as they stand, for tools and other modules. */
export interface CronService {
  list(): Promise<readonly CronJobInfo[]>;
  /** Runs a job now, beside its schedule. @throws `MOTIA_CRON_JOB_NOT_FOUND` */
  runNow(jobId: string): Promise<void>;
  pause(jobId: string): Promise<void>;
  resume(jobId: string): Promise<void>;
}
export const CronServiceRef = defineRef<CronService>('cron.service');
