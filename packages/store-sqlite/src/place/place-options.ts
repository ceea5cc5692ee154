import { Type, type Static, type TObject } from '@sinclair/typebox';

/** Where an adapter keeps its data: members for the options of every adapter that uses the store. */
export const storePlaceOptions = {
  store_method: Type.Optional(Type.Union([Type.Literal('in_memory'), Type.Literal('file_based')], {
    description: '`file_based`: kept in `motia.db`, and there after a restart. `in_memory`: gone when the engine stops. Default: `file_based` in a config.yaml or with `file_path` or `durability`, else `in_memory`.',
  })),
  file_path: Type.Optional(Type.String({
    minLength: 1,
    description: 'Folder of `motia.db`, relative to the config file. Modules that name the same one share the file, and can change it in one transaction. Default: `data_dir` of the store, `./data`.',
  })),
  durability: Type.Optional(Type.Union([Type.Literal('full'), Type.Literal('normal'), Type.Literal('memory')], {
    description: 'What survives. `full`: a power failure. `normal`: a killed process; a power failure may take the last changes. `memory`: nothing, as `in_memory`. Of modules that share a file the strongest counts. Default: that of the store, `full`.',
  })),
};

export type StorePlace = Static<TObject<typeof storePlaceOptions>>;
