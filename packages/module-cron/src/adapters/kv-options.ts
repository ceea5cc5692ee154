import { Type, type Static } from '@sinclair/typebox';
import { defineOptions } from '@motia/engine-core';
import type { OptionsSchema } from '@motia/engine-core/contract';
import { storePlaceOptions } from '@motia/store-sqlite';

/** Options of `modules::cron::KvCronAdapter` as config.yaml writes them. */
export const kvCronOptionsSchema = Type.Object(storePlaceOptions);
export type KvCronOptions = Static<typeof kvCronOptionsSchema>;

/** Checks options of the adapter. @throws `MOTIA_ENGINE_OPTIONS_INVALID` */
export const kvCronOptions: OptionsSchema<KvCronOptions> = defineOptions(kvCronOptionsSchema);
