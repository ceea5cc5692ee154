import { Type, type Static } from '@sinclair/typebox';
import { defineOptions } from '@motia/engine-core';
import type { OptionsSchema } from '@motia/engine-core/contract';

/** Options of `modules::state::StateModule` as config.yaml writes them. */
export const stateOptionsSchema = Type.Object({
  greeting: Type.String({ default: 'Hello', minLength: 1, description: 'First word of what `state::greet` answers.' }),
});

/** Options with their defaults filled in. */
export type StateOptions = Static<typeof stateOptionsSchema>;

/** Options as a program writes them: all may be left out. */
export type StateInput = Partial<StateOptions>;

/** Checks options of the module. @throws `MOTIA_ENGINE_OPTIONS_INVALID` */
export const stateOptions: OptionsSchema<StateOptions> = defineOptions(stateOptionsSchema);
