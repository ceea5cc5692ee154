import { Type, type Static } from '@sinclair/typebox';
import { defineOptions } from '@motia/engine-core';
import type { OptionsSchema } from '@motia/engine-core/contract';
import type { DeliverySettings } from '../delivery/delivery-options.js';

/** Options of `modules::queue::BuiltinQueueAdapter` as config.yaml writes them. */
export const builtinOptionsSchema = Type.Object({
  store_method: Type.Optional(Type.Union([Type.Literal('in_memory'), Type.Literal('file_based')], {
    description: '`file_based`: messages are on the disk before they are accepted. `in_memory`: they are gone when the engine ends. Default `file_based` in a config.yaml, `in_memory` elsewhere.',
  })),
  file_path: Type.Optional(Type.String({ minLength: 1, description: 'Folder of `motia.db`, relative to the config file. Default: `data_dir` of modules::store::SqliteStore, `./data`. What names the same folder shares the file.' })),
  max_attempts: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_001, description: 'Attempts, the first one included, where neither trigger nor `queue_configs` say otherwise. Default 4: three retries.' })),
  backoff_ms: Type.Optional(Type.Integer({ minimum: 0, maximum: 31_536_000_000, unit: 'ms', description: 'Delay before the first retry. Default 1,000.' })),
  concurrency: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_000, description: 'Messages of one queue that this engine handles at a time. Default 10.' })),
  mode: Type.Optional(Type.Union([Type.Literal('concurrent'), Type.Literal('fifo')], { description: '`fifo`: queues are in order unless they say otherwise; messages without a group are one group. Default `concurrent`.' })),
}, { description: 'Where jobs are kept, and defaults of their delivery.' });

export type BuiltinOptions = Static<typeof builtinOptionsSchema>;
/** @throws `MOTIA_ENGINE_OPTIONS_INVALID` */
export const builtinOptions: OptionsSchema<BuiltinOptions> = defineOptions(builtinOptionsSchema);

/** The adapter's layer of delivery settings. */
export function settingsOf({ max_attempts: attempts, backoff_ms: backoffBaseMs, concurrency, mode }: BuiltinOptions): DeliverySettings {
  return {
    ...(attempts === undefined ? {} : { maxRetries: attempts - 1 }),
    ...(backoffBaseMs === undefined ? {} : { backoffBaseMs }),
    ...(concurrency === undefined ? {} : { concurrency }),
    ...(mode === 'fifo' ? { type: 'fifo' as const, hasImplicitGroup: true } : {}),
  };
}
