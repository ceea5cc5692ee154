import type { CronTriggerInput, StateTriggerInput } from './trigger-input.js';

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
