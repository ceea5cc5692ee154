import { Type, type Static } from '@sinclair/typebox';
import { defineOptions } from '@motia/engine-core';
import type { OptionsSchema } from '@motia/engine-core/contract';

/** Options of `modules::cron::CronModule` as config.yaml writes them. */
export const cronOptionsSchema = Type.Object({
  greeting: Type.String({ default: 'Hello', minLength: 1, description: 'First word of what `cron::greet` answers.' }),
});

/** Options with their defaults filled in. */
export type CronOptions = Static<typeof cronOptionsSchema>;

/** Options as a program writes them: all may be left out. */
export type CronInput = Partial<CronOptions>;

/** Checks options of the module. @throws `MOTIA_ENGINE_OPTIONS_INVALID` */
export const cronOptions: OptionsSchema<CronOptions> = defineOptions(cronOptionsSchema);
