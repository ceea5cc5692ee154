import { Type, type Static } from '@sinclair/typebox';
import { defineOptions } from '@motia/engine-core';
import type { OptionsSchema } from '@motia/engine-core/contract';

/** Options of `modules::pubsub::PubsubModule` as config.yaml writes them. */
export const pubsubOptionsSchema = Type.Object({
  greeting: Type.String({ default: 'Hello', minLength: 1, description: 'First word of what `pubsub::greet` answers.' }),
});

/** Options with their defaults filled in. */
export type PubsubOptions = Static<typeof pubsubOptionsSchema>;

/** Options as a program writes them: all may be left out. */
export type PubsubInput = Partial<PubsubOptions>;

/** Checks options of the module. @throws `MOTIA_ENGINE_OPTIONS_INVALID` */
export const pubsubOptions: OptionsSchema<PubsubOptions> = defineOptions(pubsubOptionsSchema);
