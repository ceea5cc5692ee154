import type { StoreCommandContext, StoreSql } from '@motia/engine-core/contract';
import { addDueCalls, type ClaimedCall } from '@motia/store-sqlite/outbox';
import { messageBody } from '../delivery/frame-text.js';
import type { StreamMessageEvent } from '../stream-event.js';
import type { MessageWrite } from '../stream-store.js';
import { dueAddress, laneOf } from './change-item.js';
import { addLog, groupOf, traceIdOf } from './group.js';

/** A message goes through the log so that every engine on the store hands it out, in the place it has among the changes. */
export function sendMessage(sql: StoreSql, input: MessageWrite, context: StoreCommandContext): { readonly claimed: readonly ClaimedCall[] } {
  const { stream, group: name, item, type, json, triggers, claim, trace, triggerDepth } = input;
  const { isShared } = context;
  const group = groupOf(sql, stream, name, context.nowMs);
  const event: StreamMessageEvent = {
    kind: 'message', stream, group: name, type, json, timestamp: Math.max(context.nowMs, input.timestampFloor + 1), ...(item === undefined ? {} : { item }), ...traceIdOf(input),
  };
  addLog(sql, group.id, event, context.nowMs);
  sql.run('UPDATE stream_group SET changed_at_ms = ? WHERE id = ?', context.nowMs, group.id);
  if (triggers.length === 0 && !isShared) return { claimed: [] };
  const claimed = addDueCalls(sql, {
    kind: 'stream', triggers, lane: laneOf({ stream, group: name, item }), payload: `{"type":"stream",${messageBody(event)}`, triggerDepth,
    ...(trace === undefined ? {} : { trace }), ...(claim === undefined ? {} : { claim }),
    ...(isShared ? { address: dueAddress({ stream, group: name, item }) } : {}),
  }, context);
  return { claimed };
}
