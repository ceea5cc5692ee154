import type { TriggerConfig } from './step-config.js';
import { momentOf } from './moment.js';

/** The function ids of a Step, by the place of each trigger. Repeats of one suffix get `-<index>`. */
export function functionIds(stepName: string, triggers: readonly TriggerConfig[]): string[] {
  const seen = new Set<string>();
  return triggers.map((trigger, index) => {
    let suffix = triggerSuffix(trigger);
    if (seen.has(suffix)) suffix = `${suffix}-${index}`;
    seen.add(suffix);
    return `steps::${stepName}::trigger::${suffix}`;
  });
}

/** The function id of a trigger's condition. */
export function conditionId(functionId: string, index: number): string {
  return `${functionId}::conditions::${index}`;
}

function triggerSuffix(trigger: TriggerConfig): string {
  switch (trigger.type) {
    case 'http':
    case 'api':
      return `http(${trigger.method} ${trigger.path})`;
    case 'queue':
      return `queue(${trigger.topic})`;
    case 'cron':
      return `cron(${trigger.expression ?? `at ${momentOf(trigger.at)}`})`;
    case 'subscribe':
      return `subscribe(${trigger.topic})`;
    case 'stream':
      return `stream(${trigger.streamName})`;
    case 'http_middleware':
      return `http_middleware(${trigger.path ?? '/'})`;
    case 'log':
      return `log(${trigger.level ?? 'all'})`;
    case 'state':
      return 'state';
  }
}
