import { Type, type Static } from '@sinclair/typebox';
import { defineOptions } from '@motia/engine-core';
import type { OptionsSchema } from '@motia/engine-core/contract';
import { storePlaceOptions } from '@motia/store-sqlite';
import type { DeliverySettings } from '../delivery/delivery-options.js';

/** Options of `modules::queue::BuiltinQueueAdapter` as config.yaml writes them. */
export const builtinOptionsSchema = Type.Object({
  ...storePlaceOptions,
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
