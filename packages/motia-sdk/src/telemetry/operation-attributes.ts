import type { SpanAttributes, spanKind } from './span-data.js';

/** Members of a module's payload that say what a call is about. */
const names: Readonly<Record<string, string>> = {
  scope: 'motia.state.scope',
  key: 'motia.state.key',
  stream_name: 'motia.stream.name',
  group_id: 'motia.stream.group_id',
  item_id: 'motia.stream.item_id',
  topic: 'messaging.destination.name',
};
const counted: Readonly<Record<string, string>> = { messages: 'messaging.batch.message_count', operations: 'motia.transaction.operations', ops: 'motia.update.operations' };
const producers = new Set(['enqueue', 'queue::enqueue_batch', 'publish']);

export function operationKind(functionId: string): keyof typeof spanKind {
  return producers.has(functionId) ? 'producer' : 'client';
}

/** What a span tells of a call of a module: names, never values. */
export function operationAttributes(functionId: string, payload: Readonly<Record<string, unknown>>): SpanAttributes {
  const attributes: Record<string, string | number> = { 'iii.function.id': functionId };
  for (const [member, value] of Object.entries(payload)) {
    const name = names[member];
    if (name !== undefined && typeof value === 'string') attributes[name] = value;
    const count = counted[member];
    if (count !== undefined && Array.isArray(value)) attributes[count] = value.length;
  }
  return attributes;
}
