import { Type, type Static } from '@sinclair/typebox';
import { defineOptions } from '@motia/engine-core';
import type { OptionsSchema } from '@motia/engine-core/contract';
import { storePlaceOptions } from '@motia/store-sqlite';

/** Options of `modules::state::adapters::KvStore` as config.yaml writes them. */
export const kvStoreOptionsSchema = Type.Object(storePlaceOptions);
export type KvStoreOptions = Static<typeof kvStoreOptionsSchema>;

/** Checks options of the adapter. @throws `MOTIA_ENGINE_OPTIONS_INVALID` */
export const kvStoreOptions: OptionsSchema<KvStoreOptions> = defineOptions(kvStoreOptionsSchema);
