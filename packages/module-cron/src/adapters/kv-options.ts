import { Type, type Static } from '@sinclair/typebox';
import { defineOptions } from '@motia/engine-core';
import type { OptionsSchema } from '@motia/engine-core/contract';

/** Options of `modules::cron::KvCronAdapter` as config.yaml writes them. */
export const kvCronOptionsSchema = Type.Object({
  store_method: Type.Optional(Type.Union([Type.Literal('in_memory'), Type.Literal('file_based')], {
    description: '`file_based`: jobs and runs are on the disk, and slots that were missed are known after a restart. `in_memory`: they are gone when the engine ends. Default `file_based` in a config.yaml, `in_memory` elsewhere.',
  })),
  file_path: Type.Optional(Type.String({ minLength: 1, description: 'Folder of `motia.db`, relative to the config file. Default: `data_dir` of modules::store::SqliteStore, `./data`. What names the same folder shares the file.' })),
});

/** Options with their defaults filled in. */
export type KvCronOptions = Static<typeof kvCronOptionsSchema>;

/** @throws `MOTIA_ENGINE_OPTIONS_INVALID` */
export const kvCronOptions: OptionsSchema<KvCronOptions> = defineOptions(kvCronOptionsSchema);
