import type { StoreCommandContext, StoreSql } from '@motia/engine-core/contract';
import { addDueCalls, type ClaimedCall, type ClaimTerms, type DueTrigger } from '@motia/store-sqlite/outbox';
import type { SessionKey, SessionRecord } from '../stream-store.js';
import { quarantineSession, sessionChecksum } from './damaged-rows.js';

/** Kind of the triggers that sessions owe calls to. */
export const leaveKind = 'stream:leave';
/** Sessions of dead engines that are ended at once. */
const endedAtOnce = 200;

interface SessionRow {
  readonly session_id: string;
  readonly subscription_id: string;
  readonly payload: string;
  readonly triggers: string;
  readonly checksum: number;
}

export function enterSession(sql: StoreSql, { sessionId, subscriptionId, payload, triggers }: SessionRecord, { fencingToken }: StoreCommandContext): void {
  const row = { payload, triggers: JSON.stringify(triggers) };
  sql.run(
    'INSERT OR REPLACE INTO stream_session (session_id, subscription_id, owner, payload, triggers, checksum) VALUES (?, ?, ?, ?, ?, ?)',
    sessionId, subscriptionId, fencingToken, row.payload, row.triggers, sessionChecksum(row),
  );
}

export function forgetSession(sql: StoreSql, { sessionId, subscriptionId }: SessionKey): void {
  sql.run('DELETE FROM stream_session WHERE session_id = ? AND subscription_id = ?', sessionId, subscriptionId);
}

/** Taking the row away and owing the calls is one step: whoever takes it away owes them, nobody else does. */
export function endSession(sql: StoreSql, { claim, sessionId, subscriptionId }: SessionKey & { readonly claim?: ClaimTerms }, context: StoreCommandContext): { readonly claimed: readonly ClaimedCall[] } {
  const row = sql.get<SessionRow>('SELECT * FROM stream_session WHERE session_id = ? AND subscription_id = ?', sessionId, subscriptionId);
  if (row === undefined) return { claimed: [] };
  return { claimed: end(sql, row, claim, context) };
}

/** Everyone who is named here: whether they are gone the store knows. */
export function owners(sql: StoreSql): readonly number[] {
  return sql.all<{ readonly owner: number }>('SELECT owner FROM stream_engine UNION SELECT owner FROM stream_session').map(({ owner }) => owner);
}

/** Answers how many sessions were ended; there may be more. */
export function endLostSessions(sql: StoreSql, { gone }: { readonly gone: readonly number[] }, context: StoreCommandContext): number {
  let ended = 0;
  for (const owner of gone) {
    const rows = sql.all<SessionRow>('SELECT * FROM stream_session WHERE owner = ? LIMIT ?', owner, endedAtOnce - ended);
    for (const row of rows) end(sql, row, undefined, context);
    ended += rows.length;
    if (ended === endedAtOnce) break;
  }
  return ended;
}

function end(sql: StoreSql, row: SessionRow, claim: ClaimTerms | undefined, context: StoreCommandContext): readonly ClaimedCall[] {
  if (row.checksum !== sessionChecksum(row)) {
    quarantineSession(sql, row, context);
    return [];
  }
  forgetSession(sql, { sessionId: row.session_id, subscriptionId: row.subscription_id });
  return addDueCalls(sql, {
    kind: leaveKind, triggers: JSON.parse(row.triggers) as DueTrigger[], lane: `${row.session_id}\n${row.subscription_id}`, payload: row.payload, triggerDepth: 0,
    ...(claim === undefined ? {} : { claim }),
  }, context);
}
