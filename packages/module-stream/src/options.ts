import { Type, type Static } from '@sinclair/typebox';
import { defineOptions } from '@motia/engine-core';
import type { OptionsSchema } from '@motia/engine-core/contract';

/** Options of `modules::stream::StreamModule` as config.yaml writes them. */
export const streamOptionsSchema = Type.Object({
  greeting: Type.String({ default: 'Hello', minLength: 1, description: 'First word of what `stream::greet` answers.' }),
});

/** Options with their defaults filled in. */
export type StreamOptions = Static<typeof streamOptionsSchema>;

/** Options as a program writes them: all may be left out. */
export type StreamInput = Partial<StreamOptions>;

/** Checks options of the module. @throws `MOTIA_ENGINE_OPTIONS_INVALID` */
export const streamOptions: OptionsSchema<StreamOptions> = defineOptions(streamOptionsSchema);
