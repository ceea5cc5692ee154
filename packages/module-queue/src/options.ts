import { Type, type Static } from '@sinclair/typebox';
import { defineOptions } from '@motia/engine-core';
import type { OptionsSchema } from '@motia/engine-core/contract';

/** Options of `modules::queue::QueueModule` as config.yaml writes them. */
export const queueOptionsSchema = Type.Object({
  greeting: Type.String({ default: 'Hello', minLength: 1, description: 'First word of what `queue::greet` answers.' }),
});

/** Options with their defaults filled in. */
export type QueueOptions = Static<typeof queueOptionsSchema>;

/** Options as a program writes them: all may be left out. */
export type QueueInput = Partial<QueueOptions>;

/** Checks options of the module. @throws `MOTIA_ENGINE_OPTIONS_INVALID` */
export const queueOptions: OptionsSchema<QueueOptions> = defineOptions(queueOptionsSchema);
