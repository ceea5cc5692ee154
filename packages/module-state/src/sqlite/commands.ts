import type { StoreCommandContext, StoreSql } from '@motia/engine-core/contract';
import type { ClaimedCall, ClaimTerms, DueTrigger } from '@motia/store-sqlite/outbox';
import { applyUpdateOps } from '@motia/update-ops';
import { stateErrors } from '../errors.js';
import type { Expired, ExpireRequest, HistoryLimits, StateWrite } from '../state-store.js';
import { matchesSubscription } from '../subscriptions.js';
import { assertIntact, entryColumns, forgetRow, isExpired, isIntact, quarantineRow, readRow, rememberedRow, type EntryRow } from './entry-rows.js';
import { keepShare, plausibleShare, type HistoryShare } from './history-share.js';
import { packWritten, type PackedWritten } from './packed-written.js';
import { writeEntry } from './write-entry.js';

export function write(sql: StoreSql, request: StateWrite, context: StoreCommandContext): PackedWritten {
  const { scope, key, change, ifVersion, origin, history, due } = request;
  const { nowMs } = context;
  let claimed: readonly ClaimedCall[] = [];
  let share: HistoryShare | undefined;
  let row = rememberedRow(context, scope, key);
  if (row === undefined) {
    row = readRow(sql, scope, key);
    if (row !== undefined && !isIntact(row)) {
      if (change.kind === 'update') assertIntact(row);
      // It is given a new value, or none: what it was is past.
      quarantineRow(sql, row, context);
      share = plausibleShare(row);
      row = undefined;
    }
  }
  if (row !== undefined && isExpired(row, nowMs)) ({ row, claimed } = endEntry(sql, row, { history, triggers: due.triggers, claim: due.claim }, context));
  const before = row === undefined || row.value === null ? undefined : row;
  const version = before?.version ?? 0;
  if (ifVersion !== undefined && ifVersion !== version) throw stateErrors.VERSION_CONFLICT({ scope, key, ifVersion, version });
  if (change.kind === 'delete' && before === undefined) {
    if (share !== undefined) keepShare(sql, scope, key, share);
    return packWritten({ before: undefined, after: undefined, sentJson: undefined, claimed });
  }
  const after = valueAfter(request, before?.value);
  const written = writeEntry(sql, {
    scope, key, row, share, after, origin, history, due,
    op: change.kind,
    before: before?.value ?? null,
    expiresAtMs: expiryAfter(request, before?.expires_at_ms, nowMs),
    ops: change.kind === 'update' ? JSON.stringify(change.ops) : undefined,
  }, context);
  return packWritten({
    before, after: written.row,
    sentJson: change.kind === 'set' ? change.json : undefined,
    claimed: claimed.length === 0 ? written.claimed : [...claimed, ...written.claimed],
  });
}

/** @throws `MOTIA_STATE_UPDATE_REFUSED`, `MOTIA_STATE_VALUE_TOO_LARGE` */
function valueAfter({ scope, key, change, maxValueBytes }: StateWrite, before: string | null | undefined): string | null {
  if (change.kind === 'delete') return null;
  if (change.kind === 'set') return change.json;
  const outcome = applyUpdateOps(typeof before === 'string' ? (JSON.parse(before) as unknown) : undefined, change.ops);
  if (!outcome.ok) {
    const { code, message: reason, opIndex } = outcome.problem;
    throw stateErrors.UPDATE_REFUSED({ scope, key, code, ...(opIndex === undefined ? {} : { op_index: opIndex }), reason });
  }
  const json = JSON.stringify(outcome.value);
  // No character has more than three bytes in UTF-8 per unit of length: most values need not be counted.
  const bytes = json.length * 3 <= maxValueBytes ? json.length : Buffer.byteLength(json);
  if (bytes > maxValueBytes) throw stateErrors.VALUE_TOO_LARGE({ scope, key, bytes, limit: maxValueBytes });
  return json;
}

function expiryAfter({ change, ttlMs }: StateWrite, before: number | null | undefined, nowMs: number): number | null {
  if (ttlMs === null || change.kind === 'delete') return null;
  if (ttlMs !== undefined) return nowMs + ttlMs;
  return change.kind === 'update' ? (before ?? null) : null;
}

/** The end of a key whose time has come, as a change of its own. */
function endEntry(
  sql: StoreSql, row: EntryRow,
  { history, triggers, claim }: { readonly history: HistoryLimits; readonly triggers: readonly DueTrigger[]; readonly claim: ClaimTerms | undefined },
  context: StoreCommandContext,
): { readonly row: EntryRow; readonly claimed: readonly ClaimedCall[] } {
  const { scope, key, value } = row;
  const due = { triggers, triggerDepth: 0, ...(claim === undefined ? {} : { claim }) };
  return writeEntry(sql, { scope, key, row, history, op: 'expire', before: value, after: null, expiresAtMs: null, origin: {}, due }, context);
}

export function expire(sql: StoreSql, { limit, history, subscriptions }: ExpireRequest, context: StoreCommandContext): Expired {
  const due = sql.all<EntryRow>(`SELECT ${entryColumns} FROM state_entry WHERE expires_at_ms <= ? ORDER BY expires_at_ms LIMIT ?`, context.nowMs, limit);
  for (const row of due) {
    if (!isIntact(row)) {
      quarantineRow(sql, row, context);
      keepShare(sql, row.scope, row.key, plausibleShare(row));
    } else if (row.value === null) {
      forgetRow(context, row);
      sql.run('DELETE FROM state_entry WHERE id = ?', row.id);
      keepShare(sql, row.scope, row.key, row);
    } else {
      const triggers = subscriptions.filter((subscription) => matchesSubscription(subscription, row.scope, row.key)).map(({ id, functionId }) => ({ id, functionId }));
      endEntry(sql, row, { history, triggers, claim: undefined }, context);
    }
  }
  return { count: due.length };
}
