import { Type } from '@sinclair/typebox';
import { defineOptions } from '@motia/engine-core';
import type { Clock, OptionsSchema } from '@motia/engine-core/contract';
import { readSpec, scheduleKeys, type ReadSpec, type ScheduleKeys } from './schedule-keys.js';
import { cronErrors } from './errors.js';

const keys: OptionsSchema<ScheduleKeys> = defineOptions(Type.Object(scheduleKeys));

/** Checks the config of triggers of type `cron`, and reads the spec of one once. */
export interface CronTriggerConfig {
  /** @throws `MOTIA_ENGINE_OPTIONS_INVALID`, `MOTIA_CRON_INVALID_CRON` and its kin */
  readonly schema: OptionsSchema<ScheduleKeys>;
  readonly specOf: (config: ScheduleKeys) => ReadSpec;
}

export function cronTriggerConfig(clock: Pick<Clock, 'now'>): CronTriggerConfig {
  const known = new WeakMap<object, ReadSpec>();
  const specOf = (config: ScheduleKeys): ReadSpec => {
    let spec = known.get(config);
    if (spec === undefined) {
      const ambiguous = (problem: string): Error => cronErrors.INVALID_CRON({ expression: config.expression ?? config.at ?? '', reason: problem });
      known.set(config, (spec = readSpec(config, { nowMs: clock.now(), ambiguous })));
    }
    return spec;
  };
  return {
    specOf,
    schema: {
      jsonSchema: keys.jsonSchema,
      parse(input) {
        const config = keys.parse(input);
        specOf(config);
        return config;
      },
    },
  };
}
