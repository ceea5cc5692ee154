import type { QueueRow } from '../contract/index.js';

/** Whose messages: those of a topic, of one of its subscribers, or of a named queue. */
export interface QueueName {
  readonly kind: 'topic' | 'queue';
  readonly name: string;
  /** The subscriber of a topic; undefined for all of them. */
  readonly functionId: string | undefined;
}

/** Reads `topic:<topic>`, `topic:<topic> <function>` or `queue:<name>`; undefined for anything else. */
export function parseQueueName(text: string): QueueName | undefined {
  const match = /^(?:(topic):([^ ]+)(?: (.+))?|(queue):([^ ]+))$/s.exec(text);
  if (match === null) return undefined;
  const [, topic, name, functionId, , queue] = match;
  return topic === undefined ? { kind: 'queue', name: queue ?? '', functionId: undefined } : { kind: 'topic', name: name ?? '', functionId };
}

/** The key of a row of the list, which its name is, too. */
export function queueKey({ kind, name, functionId }: Pick<QueueRow, 'kind' | 'name' | 'functionId'>): string {
  return functionId === '' ? `${kind}:${name}` : `${kind}:${name} ${functionId}`;
}

/** What functions of the queue module take: `{ topic, functionId? }` or `{ queue }`. */
export function queueTarget({ kind, name, functionId }: QueueName): Readonly<Record<string, string>> {
  return { [kind]: name, ...(functionId === undefined ? {} : { functionId }) };
}
