import { Type, type Static } from '@sinclair/typebox';
import { defineOptions } from '@motia/engine-core';
import type { OptionsSchema } from '@motia/engine-core/contract';

/** Options of `modules::state::adapters::KvStore` as config.yaml writes them. */
export const kvStoreOptionsSchema = Type.Object({
  store_method: Type.Optional(Type.Union([Type.Literal('in_memory'), Type.Literal('file_based')], {
    description: '`file_based`: kept in `motia.db`. `in_memory`: gone when the engine stops. Default: `file_based` when a config.yaml set the engine up or `file_path` is given, else `in_memory`.',
  })),
  file_path: Type.Optional(Type.String({ minLength: 1, description: 'Folder of `motia.db`, relative to the config file. Modules that name the same one share it. Default: `data_dir` of the store, `./data`.' })),
  durability: Type.Optional(Type.Union([Type.Literal('full'), Type.Literal('normal')], {
    description: 'What survives, file_based. `full`: a power failure. `normal`: a killed process; a power failure may take the last changes. Default: that of the store, `full`.',
  })),
});
export type KvStoreOptions = Static<typeof kvStoreOptionsSchema>;

/** Checks options of the adapter. @throws `MOTIA_ENGINE_OPTIONS_INVALID` */
export const kvStoreOptions: OptionsSchema<KvStoreOptions> = defineOptions(kvStoreOptionsSchema);
