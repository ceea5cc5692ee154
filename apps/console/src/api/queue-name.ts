/** Whose messages: the subscriptions of a topic, or a named queue. */
export interface QueueName {
  readonly kind: 'topic' | 'queue';
  readonly name: string;
}

/** Reads `topic:<topic>` or `queue:<name>`; undefined for anything else. */
export function parseQueueName(text: string): QueueName | undefined {
  const match = /^(topic|queue):(.+)$/s.exec(text);
  return match === null ? undefined : { kind: match[1] as QueueName['kind'], name: match[2] as string };
}

/** What functions of the queue module take: `{ topic }` or `{ queue }`. */
export function queueTarget({ kind, name }: QueueName): Readonly<Record<string, string>> {
  return { [kind]: name };
}
