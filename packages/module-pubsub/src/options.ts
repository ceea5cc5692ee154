import { Type, type Static } from '@sinclair/typebox';
import { defineOptions } from '@motia/engine-core';
import type { OptionsSchema } from '@motia/engine-core/contract';

const adapterSchema = Type.Object(
  {
    class: Type.String({ minLength: 1, description: 'Class path of the adapter, e.g. `modules::pubsub::LocalAdapter`.' }),
    config: Type.Optional(Type.Object({}, { additionalProperties: true, description: 'Options of the adapter.' })),
  },
  { description: 'What carries the messages. Default: `modules::pubsub::LocalAdapter`, within this engine.' },
);

/** Options of `modules::pubsub::PubSubModule` as config.yaml writes them. */
export const pubsubOptionsSchema = Type.Object({ adapter: Type.Optional(adapterSchema) });

/** Options with their defaults filled in. */
export type PubSubOptions = Static<typeof pubsubOptionsSchema>;

/** Options as a program writes them: all may be left out. */
export type PubSubInput = Partial<PubSubOptions>;

/** Checks options of the module. @throws `MOTIA_ENGINE_OPTIONS_INVALID` */
export const pubsubOptions: OptionsSchema<PubSubOptions> = defineOptions(pubsubOptionsSchema);
