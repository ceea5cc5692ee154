import { Type, type Static } from '@sinclair/typebox';
import { defineOptions } from '@motia/engine-core';
import type { OptionsSchema } from '@motia/engine-core/contract';
import { queueSettingsSchema } from './delivery/settings-schema.js';
import { namePattern } from './message/names.js';

const duration = (value: number, description: string, maximum = 31_536_000_000) => Type.Integer({ default: value, minimum: 0, maximum, unit: 'ms', description });

const adapterSchema = Type.Object({
  class: Type.String({ minLength: 1, description: 'Class path of the adapter.' }),
  config: Type.Optional(Type.Unknown({ description: 'Options of the adapter.' })),
}, { description: 'Where jobs are kept. Default: `modules::queue::BuiltinQueueAdapter`.' });

/** Options of `modules::queue::QueueModule` as config.yaml writes them. */
export const queueOptionsSchema = Type.Object({
  queue_configs: Type.Record(Type.String({ pattern: namePattern }), queueSettingsSchema, { default: {}, additionalProperties: false, description: 'Named queues, and delivery options of topics, by name. A topic that is named here takes messages before anybody subscribes.' }),
  topic_delivery: Type.Union([Type.Literal('fanout'), Type.Literal('compete')], {
    default: 'fanout',
    description: '`fanout`: every function that subscribes to a topic gets every message. `compete`: one of them does.',
  }),
  adapter: Type.Optional(adapterSchema),
  max_payload_bytes: Type.Integer({ default: 262_144, minimum: 1, maximum: 67_108_864, unit: 'bytes', description: 'Largest message; more is refused. Also the largest result that is kept.' }),
  subscription_grace_ms: duration(86_400_000, 'How long a subscriber whose processes are away goes on getting messages. Then what waits for it is dead-lettered.'),
  dead_letter_retention_ms: duration(1_209_600_000, 'How long dead letters are kept.'),
  result_retention_ms: duration(86_400_000, 'How long results that were asked for are kept.'),
  history_retention_ms: duration(3_600_000, 'How long it is known of a message that it was completed, cancelled or discarded.'),
  history_max_messages: Type.Integer({ default: 10_000, minimum: 0, maximum: 10_000_000, description: 'Completed messages that are known at most.' }),
});

/** Options with their defaults filled in. */
export type QueueOptions = Static<typeof queueOptionsSchema>;

/** Options as a program writes them: all may be left out. */
export type QueueInput = Partial<Omit<QueueOptions, 'queue_configs'>> & { readonly queue_configs?: Readonly<Record<string, Readonly<Record<string, unknown>>>> };

/** Checks options of the module. @throws `MOTIA_ENGINE_OPTIONS_INVALID` */
export const queueOptions: OptionsSchema<QueueOptions> = defineOptions(queueOptionsSchema);

/** The queue that calls go to which name none. It is always there. */
export const implicitQueue = 'default';
