import { Type, type Static } from '@sinclair/typebox';
import { defineOptions } from '@motia/engine-core';
import type { OptionsSchema } from '@motia/engine-core/contract';

/** Options of `modules::stream::adapters::KvStore` as config.yaml writes them. */
export const kvStoreOptionsSchema = Type.Object({
  store_method: Type.Optional(Type.Union([Type.Literal('in_memory'), Type.Literal('file_based')], {
    description: '`in_memory`: gone when the engine ends. `file_based`: kept in `motia.db`. Default: `file_based` in a config.yaml, else `in_memory`.',
  })),
  file_path: Type.Optional(Type.String({ minLength: 1, description: 'Folder of `motia.db`, relative to the config file. Default: `data_dir` of the store module, `./data`.' })),
  durability: Type.Optional(Type.Union([Type.Literal('full'), Type.Literal('normal'), Type.Literal('memory')], {
    description: 'What survives. `full`: a power failure. `normal`: a killed process. `memory`: the same as `in_memory`. Default: that of the store module, `full`.',
  })),
});

/** Options with their defaults filled in. */
export type KvStoreOptions = Static<typeof kvStoreOptionsSchema>;

/** Checks options of the adapter. @throws `MOTIA_ENGINE_OPTIONS_INVALID` */
export const kvStoreOptions: OptionsSchema<KvStoreOptions> = defineOptions(kvStoreOptionsSchema);
