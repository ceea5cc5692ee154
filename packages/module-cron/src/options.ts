import { Type, type Static } from '@sinclair/typebox';
import { defineOptions } from '@motia/engine-core';
import type { OptionsSchema } from '@motia/engine-core/contract';

const adapterSchema = Type.Object(
  {
    class: Type.String({ minLength: 1, description: 'Class path of the adapter, e.g. `modules::cron::KvCronAdapter`.' }),
    config: Type.Optional(Type.Object({}, { additionalProperties: true, description: 'Options of the adapter.' })),
  },
  { description: 'Where jobs and runs are kept. Default: `modules::cron::KvCronAdapter`, the engine\'s own database.' },
);

/** Options of `modules::cron::CronModule` as config.yaml writes them. */
export const cronOptionsSchema = Type.Object({ adapter: Type.Optional(adapterSchema) });

/** Options with their defaults filled in. */
export type CronOptions = Static<typeof cronOptionsSchema>;

/** Options as a program writes them: all may be left out. */
export type CronInput = Partial<CronOptions>;

/** Checks options of the module. @throws `MOTIA_ENGINE_OPTIONS_INVALID` */
export const cronOptions: OptionsSchema<CronOptions> = defineOptions(cronOptionsSchema);
