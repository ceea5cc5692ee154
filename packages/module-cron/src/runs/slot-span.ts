import type { OpenSpan, Telemetry, TraceContext } from '@motia/engine-core/contract';
import { rfc3339 } from '../rfc3339.js';
import type { RunKey } from '../cron-store.js';

/** The root of a slot's trace, or a part of the trace of what asked for the run. */
export function openSlotSpan(telemetry: Telemetry, { functionId, jobId, scheduledAtMs, isBackfilled }: RunKey & { readonly functionId: string; readonly isBackfilled: boolean }, parent?: TraceContext): OpenSpan {
  return telemetry.startSpan(`cron ${functionId}`, {
    kind: 'producer',
    parent,
    ...(telemetry.recording
      ? { attributes: { 'iii.trigger.type': 'cron', 'iii.function.id': functionId, 'iii.cron.job.id': jobId, 'iii.cron.scheduled_time': rfc3339(scheduledAtMs), 'iii.cron.backfilled': isBackfilled } }
      : {}),
  });
}

export function traceIdOf({ context }: Pick<OpenSpan, 'context'>): string {
  return context.traceparent.slice(3, 35);
}
