import type { OptionsSchema } from '../contract/options.js';
import type { Trigger, TriggerRegistry } from '../contract/triggers.js';
import type { BuiltinParts } from './register-builtins.js';
import { showFunction } from './listings.js';

const noConfig: OptionsSchema<unknown> = { jsonSchema: { type: 'object' }, parse: (input) => input };

/** `engine::functions-available` and `engine::workers-available`: told when it happens, in the same turn's changes together. */
export function registerAvailabilityTriggers({ functions, triggers, workers }: BuiltinParts): void {
  const onFunctions = subscribers(triggers, 'engine::functions-available', 'The set of functions changed');
  functions.onChanged(() => onFunctions(() => ({ event: 'functions_changed', functions: functions.list().map(showFunction) })));
  const onWorkers = subscribers(triggers, 'engine::workers-available', 'A process connected, left or changed what it offers');
  workers.onChanged(({ event, workerId }) => onWorkers(() => ({ event, worker_id: workerId })));
}

/** Offers a trigger type; the answer calls everyone who subscribed, without waiting for them. */
function subscribers(triggers: TriggerRegistry, type: string, description: string): (payload: () => unknown) => void {
  const bound = new Map<string, Trigger>();
  void triggers.registerType({
    type,
    description,
    config: noConfig,
    apply({ added, removed }) {
      for (const { id } of removed) bound.delete(id);
      for (const trigger of added) bound.set(trigger.id, trigger);
    },
  });
  return (payload) => {
    if (bound.size === 0) return;
    const event = payload();
    for (const trigger of bound.values()) void fire(triggers, trigger, event);
  };
}

async function fire(triggers: TriggerRegistry, trigger: Trigger, event: unknown): Promise<void> {
  try {
    if ((await triggers.checkCondition(trigger, event)) === 'blocked') return;
    await triggers.open(trigger, event, { action: { type: 'void' } }).result;
  } catch {
    // A condition that fails blocks nothing but its own call; its error is in its counters and its trace.
  }
}
