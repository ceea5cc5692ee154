import type { CronJobInfo } from '@motia/engine-core/contract';
import type { CronJob } from './cron-job.js';
import type { JobState, RunRecord } from './cron-store.js';
import { specFromStore } from './schedule-keys.js';
import { rfc3339 } from './rfc3339.js';
import { timetableOf } from './job-spec.js';

const time = (ms: number | undefined): string | null => (ms === undefined ? null : rfc3339(ms));

/** When the job runs next; undefined while it is paused, or when it is over. */
export function nextRunMs(state: JobState, job: CronJob | undefined, nowMs: number): number | undefined {
  if (state.isPaused) return undefined;
  if (job !== undefined) return job.timetable.next(state.anchorMs);
  try {
    return timetableOf(specFromStore(state.spec), nowMs).next(state.anchorMs);
  } catch {
    return undefined;
  }
}

/** A job as `cron::list` shows it. `job` is undefined while its function is unknown. */
export function showJob(state: JobState, job: CronJob | undefined, nowMs: number): Readonly<Record<string, unknown>> {
  const spec = specFromStore(state.spec);
  const next = nextRunMs(state, job, nowMs);
  return {
    job_id: state.jobId,
    function_id: state.functionId,
    origin: state.origin,
    ...(spec.expression === undefined ? { at: spec.at } : { expression: spec.expression, timezone: spec.timezone }),
    status: job === undefined ? 'waiting_for_function' : state.isPaused ? 'paused' : next === undefined ? 'finished' : 'active',
    is_paused: state.isPaused,
    next_run: time(next),
    last_scheduled_time: time(state.lastScheduledAtMs),
    last_result: state.lastResult ?? null,
    last_error: state.lastError ?? null,
    overlap: spec.overlap,
    catch_up: spec.catchUp,
    catch_up_window_ms: spec.catchUpWindowMs ?? null,
    timeout_ms: spec.timeoutMs,
    ...(spec.queue === undefined ? {} : { queue: spec.queue }),
    ...(spec.conditionFunctionId === undefined ? {} : { condition_function_id: spec.conditionFunctionId }),
    ...(spec.data === undefined ? {} : { data: spec.data }),
  };
}

/** A job as other modules see it. */
export function jobInfo(state: JobState, job: CronJob | undefined, nowMs: number): CronJobInfo {
  const spec = specFromStore(state.spec);
  const next = nextRunMs(state, job, nowMs);
  return {
    jobId: state.jobId, functionId: state.functionId, timezone: spec.timezone, isPaused: state.isPaused,
    ...(spec.expression === undefined ? {} : { expression: spec.expression }),
    ...(next === undefined ? {} : { nextRunAtMs: next }),
    ...(state.lastScheduledAtMs === undefined ? {} : { lastScheduledAtMs: state.lastScheduledAtMs }),
    ...(state.lastResult === undefined ? {} : { lastResult: state.lastResult }),
    ...(state.lastError === undefined ? {} : { lastError: state.lastError.message }),
  };
}

/** A run as `cron::history` shows it. */
export function showRun(run: RunRecord): Readonly<Record<string, unknown>> {
  const { startedAtMs, endedAtMs } = run;
  return {
    job_id: run.jobId,
    function_id: run.functionId,
    scheduled_time: rfc3339(run.scheduledAtMs),
    kind: run.kind,
    state: run.state,
    reason: run.reason ?? null,
    backfilled: run.isBackfilled,
    attempts: run.attempts,
    losses: run.losses,
    missed_before: run.missed,
    claimed_time: rfc3339(run.claimedAtMs),
    started_time: time(startedAtMs),
    ended_time: time(endedAtMs),
    duration_ms: startedAtMs === undefined || endedAtMs === undefined ? null : Math.max(0, endedAtMs - startedAtMs),
    error: run.error ?? null,
    fencing_token: run.fencingToken ?? null,
    engine_id: run.engineId ?? null,
    message_id: run.messageId ?? null,
    trace_id: run.traceId ?? null,
  };
}
