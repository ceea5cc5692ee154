import { pubsubErrors } from './errors.js';

/** Longer names are a mistake. */
export const longestTopic = 256;

/** @throws `MOTIA_PUBSUB_TOPIC_NOT_SET`, `MOTIA_PUBSUB_INVALID_TOPIC` */
export function checkTopic(topic: unknown): string {
  if (topic === undefined || topic === null || topic === '') throw pubsubErrors.TOPIC_NOT_SET({ legacyCode: 'topic_not_set' });
  if (typeof topic !== 'string') throw pubsubErrors.INVALID_TOPIC({ problem: `it is a ${Array.isArray(topic) ? 'list' : typeof topic}, not text` });
  if (topic.length > longestTopic) throw pubsubErrors.INVALID_TOPIC({ problem: `it has ${topic.length} characters` });
  // eslint-disable-next-line no-control-regex -- control characters are what it looks for
  if (/[\u0000-\u001f\u007f]/.test(topic)) throw pubsubErrors.INVALID_TOPIC({ problem: 'it holds control characters' });
  return topic;
}
