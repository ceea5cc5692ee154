import { Type, type Static } from '@sinclair/typebox';
import { defineOptions } from '@motia/engine-core';
import type { OptionsSchema } from '@motia/engine-core/contract';

/** Options of `modules::store::SqliteStore` as config.yaml writes them. */
export const storeOptionsSchema = Type.Object({
  data_dir: Type.String({ default: './data', minLength: 1, description: 'Folder of `motia.db`, for modules that name none; relative to the config file.' }),
  durability: Type.Union([Type.Literal('full'), Type.Literal('normal'), Type.Literal('memory')], {
    default: 'full',
    description: 'What survives, for modules that do not say. `full`: a power failure. `normal`: a killed process; a power failure may take the last commits. `memory`: nothing is kept.',
  }),
});

/** Options with their defaults filled in. */
export type StoreOptions = Static<typeof storeOptionsSchema>;

/** Options as a program writes them: all may be left out. */
export type StoreInput = Partial<StoreOptions>;

/** Checks options of the module. @throws `MOTIA_ENGINE_OPTIONS_INVALID` */
export const storeOptions: OptionsSchema<StoreOptions> = defineOptions(storeOptionsSchema);
