import type { RunEnd, RunKey, RunRecord } from '../cron-store.js';
import type { JobSpec } from '../job-spec.js';
import { rfc3339 } from '../rfc3339.js';

/** One run of a job's function, whoever starts it. */
export interface SlotRun extends RunKey {
  readonly functionId: string;
  readonly kind: RunRecord['kind'];
  readonly isBackfilled: boolean;
  readonly fencingToken: number;
  readonly conditionFunctionId?: string;
  readonly timeoutMs: number;
  readonly data?: unknown;
}

/** What the function gets. The first four keys are the product's of old. */
export interface CronPayload {
  readonly trigger: 'cron';
  readonly job_id: string;
  /** The slot, RFC 3339 in UTC. */
  readonly scheduled_time: string;
  /** When the run was started, RFC 3339 in UTC. */
  readonly actual_time: string;
  /** Of two runs the one that was started later has the larger one. */
  readonly fencingToken: number;
  /** The slot was missed and is run later. */
  readonly backfilled: boolean;
  /** Asked for, by `cron::run_now` or `cron::backfill`. */
  readonly manual?: true;
  /** What `cron::schedule` was given. */
  readonly data?: unknown;
}

export function payloadOf(run: SlotRun, nowMs: number): CronPayload {
  return {
    trigger: 'cron', job_id: run.jobId, scheduled_time: rfc3339(run.scheduledAtMs), actual_time: rfc3339(nowMs), fencingToken: run.fencingToken, backfilled: run.isBackfilled,
    ...(run.kind === 'manual' ? { manual: true } : {}),
    ...(run.data === undefined ? {} : { data: run.data }),
  };
}

/** The same for every attempt of a run: a message id, and the handler's idempotency key. */
export function runId({ jobId, scheduledAtMs }: RunKey): string {
  return `cron:${jobId}:${String(scheduledAtMs)}`;
}

/** What of the spec travels with a run. */
export function runSettings(spec: JobSpec): Pick<SlotRun, 'conditionFunctionId' | 'timeoutMs' | 'data'> {
  return {
    timeoutMs: spec.timeoutMs,
    ...(spec.conditionFunctionId === undefined ? {} : { conditionFunctionId: spec.conditionFunctionId }),
    ...(spec.data === undefined ? {} : { data: spec.data }),
  };
}

/** How a run ended, with the error as it was thrown. */
export interface RunResult extends RunEnd {
  readonly thrown?: unknown;
}
