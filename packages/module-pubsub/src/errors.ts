import { defineErrors, type ErrorEntry } from '@motia/engine-core/contract';

function entry<D>(status: number, remedy: string, message: (details: D) => string, retryable = false): ErrorEntry<D> {
  return { status, retryable, since: '0.1.0', message, remedy };
}

/** Every condition of publish and subscribe, `MOTIA_PUBSUB_<key>`. */
export const pubsubErrors = defineErrors('PUBSUB', {
  TOPIC_NOT_SET: entry<{ readonly legacyCode: 'topic_not_set' }>(400, 'Send {"topic": "orders", "data": …}.', () => 'A message was published without a topic.'),
  INVALID_TOPIC: entry<{ readonly problem: string }>(400, 'Name the topic with 1 to 256 characters, none of them a control character.', (d) => `The topic cannot be used: ${d.problem}.`),
  NOT_SERIALIZABLE: entry<{ readonly topic: string; readonly reason: string }>(400, 'Publish plain JSON data: no BigInt and no cycle.', (d) => `The message to "${d.topic}" cannot be sent as JSON: ${d.reason}.`),
  STOPPED: entry<{ readonly topic: string }>(503, 'Publish again when the engine is back.', (d) => `The message to "${d.topic}" was refused: the engine has stopped.`, true),
});
