import { Type } from '@sinclair/typebox';
import { defineOptions } from '@motia/engine-core';
import type { OptionsSchema } from '@motia/engine-core/contract';
import { checkTopic, longestTopic } from './topic.js';

/** Config of a trigger of type `subscribe`. */
export interface SubscribeConfig {
  readonly topic: string;
}

const keys: OptionsSchema<SubscribeConfig> = defineOptions(
  Type.Object({
    topic: Type.String({ minLength: 1, maxLength: longestTopic, description: 'Whose messages it gets, by exact name.' }),
    condition_function_id: Type.Optional(Type.String({ minLength: 1, description: 'A function that sees the message first; a literal false keeps it from the handler.' })),
  }),
);

/** Checks the config of a trigger. @throws `MOTIA_ENGINE_OPTIONS_INVALID`, `MOTIA_PUBSUB_INVALID_TOPIC` */
export const subscribeConfig: OptionsSchema<SubscribeConfig> = {
  jsonSchema: keys.jsonSchema,
  parse(input) {
    const config = keys.parse(input);
    checkTopic(config.topic);
    return config;
  },
};
