import type { CronTriggerInput, LogTriggerInput, StateTriggerInput } from './trigger-input.js';

type Fields = Readonly<Record<string, unknown>>;
const fieldsOf = (payload: unknown): Fields => (typeof payload === 'object' && payload !== null ? (payload as Fields) : {});

/** A state change under the names of every generation of the API. */
export function stateInput(payload: unknown): StateTriggerInput {
  const p = fieldsOf(payload);
  const scope = p['scope'] ?? p['group_id'];
  const key = p['key'] ?? p['item_id'];
  return {
    ...p,
    type: 'state',
    scope,
    group_id: scope,
    groupId: scope,
    key,
    item_id: key,
    itemId: key,
    eventType: p['event_type'],
    oldValue: p['old_value'],
    newValue: p['new_value'],
  } as StateTriggerInput;
}

/** A cron slot with camelCase names beside the inventoried ones. */
export function cronInput(payload: unknown): CronTriggerInput {
  const p = fieldsOf(payload);
  return { ...p, jobId: p['job_id'], scheduledTime: p['scheduled_time'], actualTime: p['actual_time'] } as CronTriggerInput;
}

/** A log record with camelCase names beside the inventoried ones, and its level as triggers name it. */
export function logInput(payload: unknown): LogTriggerInput {
  const p = fieldsOf(payload);
  return {
    ...p,
    level: String(p['severity_text'] ?? 'info').toLowerCase(),
    message: p['body'],
    traceId: p['trace_id'] ?? null,
    spanId: p['span_id'] ?? null,
    serviceName: p['service_name'],
    severityNumber: p['severity_number'],
    severityText: p['severity_text'],
    timestampUnixNano: p['timestamp_unix_nano'],
    observedTimestampUnixNano: p['observed_timestamp_unix_nano'],
    instrumentationScopeName: p['instrumentation_scope_name'],
    instrumentationScopeVersion: p['instrumentation_scope_version'] ?? null,
  } as LogTriggerInput;
}
