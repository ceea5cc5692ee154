import { Type, type Static } from '@sinclair/typebox';
import { defineOptions } from '@motia/engine-core';
import type { OptionsSchema } from '@motia/engine-core/contract';

const historySchema = Type.Object({
  max_entries_per_key: Type.Integer({ default: 100, minimum: 0, maximum: 100_000, description: 'Changes kept of one key; the oldest go first. 0: no history.' }),
  max_bytes_per_key: Type.Integer({ default: 1_048_576, minimum: 1_024, maximum: 1_073_741_824, unit: 'bytes', description: 'Size of what is kept of one key. A larger value is noted without it.' }),
  max_bytes: Type.Integer({ default: 67_108_864, minimum: 65_536, maximum: 1_099_511_627_776, unit: 'bytes', description: 'Size of what is kept of all keys; the oldest changes go first.' }),
}, { default: {}, description: 'What `state::history` can tell.' });

/** Options of `modules::state::StateModule` as config.yaml writes them. */
export const stateOptionsSchema = Type.Object({
  adapter: Type.Optional(Type.Object({
    class: Type.String({ minLength: 1, description: 'Class path of the adapter.' }),
    config: Type.Optional(Type.Unknown({ description: 'Its own options.' })),
  }, { description: 'Where state is kept. Default: modules::state::adapters::KvStore.' })),
  max_value_bytes: Type.Integer({ default: 262_144, minimum: 1_024, maximum: 16_777_216, unit: 'bytes', description: 'Size of one value as JSON.' }),
  strict_integers: Type.Boolean({ default: false, description: 'Refuse integers beyond 2^53, which may have been rounded on their way, instead of warning about them.' }),
  triggers_enabled: Type.Boolean({ default: true, description: 'Whether changes run `state` triggers. False: triggers can be registered and do not run.' }),
  history: historySchema,
});

/** Options with their defaults filled in. */
export type StateOptions = Static<typeof stateOptionsSchema>;

/** Options as a program writes them: all may be left out. */
export type StateInput = Partial<Omit<StateOptions, 'history'>> & { readonly history?: Partial<StateOptions['history']> };

/** Checks options of the module. @throws `MOTIA_ENGINE_OPTIONS_INVALID` */
export const stateOptions: OptionsSchema<StateOptions> = defineOptions(stateOptionsSchema);
