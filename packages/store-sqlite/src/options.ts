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
  shared: Type.Boolean({
    default: false,
    description: 'true: several engines of this machine use the same folder at the same time; all of them must say so. false: a second engine does not start.',
  }),
  wait_lock_ms: Type.Integer({
    default: 0, minimum: 0, maximum: 25_000, unit: 'ms',
    description: 'How long to wait for another engine to let go of the folder. 0: the start fails at once.',
  }),
  writer: Type.Union([Type.Literal('auto'), Type.Literal('thread'), Type.Literal('inline')], {
    default: 'auto',
    description: 'Where commits are made. `thread`: in a thread of their own. `inline`: on the thread of the engine. `auto`: in a thread where every module can be loaded there.',
  }),
  max_file_bytes: Type.Optional(Type.Integer({
    minimum: 1_048_576, maximum: Number.MAX_SAFE_INTEGER, unit: 'bytes',
    description: 'Largest size of a database; changes beyond it fail with `MOTIA_STORE_FULL`. Absent: what the disk holds.',
  })),
  checkpoint_pages: Type.Integer({
    default: 1_000, minimum: 1, maximum: 1_000_000,
    description: 'Pages of 4 KiB in the log after which they are written back into the file. Fewer: a shorter log and more syncs.',
  }),
  max_pending_bytes: Type.Integer({
    default: 67_108_864, minimum: 1_024, maximum: Number.MAX_SAFE_INTEGER, unit: 'bytes',
    description: 'Changes that may wait to be written at a time; further ones fail with `MOTIA_STORE_BUSY`.',
  }),
});

/** Options with their defaults filled in. */
export type StoreOptions = Static<typeof storeOptionsSchema>;

/** Options as a program writes them: all may be left out. */
export type StoreInput = Partial<StoreOptions>;

/** Checks options of the module. @throws `MOTIA_ENGINE_OPTIONS_INVALID` */
export const storeOptions: OptionsSchema<StoreOptions> = defineOptions(storeOptionsSchema);
