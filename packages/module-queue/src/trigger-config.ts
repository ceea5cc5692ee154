import { Type, type Static } from '@sinclair/typebox';
import { defineOptions } from '@motia/engine-core';
import type { OptionsSchema } from '@motia/engine-core/contract';
import { triggerSettingsSchema } from './delivery/settings-schema.js';
import { namePattern } from './message/names.js';

/** Config of a trigger of type `queue`. */
export const queueTriggerSchema = Type.Object({
  topic: Type.String({ pattern: namePattern, hint: 'must be 1 to 128 of the characters A-Z a-z 0-9 . _ : -', description: 'Topic to subscribe to.' }),
  queue_config: Type.Optional(triggerSettingsSchema),
});
export type QueueTriggerConfig = Static<typeof queueTriggerSchema>;

/** @throws `MOTIA_ENGINE_OPTIONS_INVALID` with the allowed range of each option that is wrong */
export const queueTriggerConfig: OptionsSchema<QueueTriggerConfig> = defineOptions(queueTriggerSchema);
