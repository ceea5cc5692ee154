import { defineStoreProgram, type StoreCommandContext, type StoreSql } from '@motia/engine-core/contract';
import type { ClaimAnswer, ClaimedCall, ClaimTerms, LostCall } from './due-calls.js';
import type { DueTrigger } from './add-due-calls.js';
import { coverLanes } from './cover-lanes.js';
import { inheritSubscriptions, sealSubscriptions, subscribedEngines, triggersOfLately, writeSubscriptions } from './subscriptions.js';
import { callChecksum, callColumns, callTable, toClaimedCall, type CallRow } from './call-row.js';

/** The most that is taken away as too old at once. */
const expiredAtOnce = 200;
/** A pause that ends later than this was set before the clock went back. */
const longestPauseMs = 3_600_000;

interface LaneRow {
  readonly id: number;
}

/**
 * Calls that changes owe to triggers. A *lane* is a trigger and a key: its calls are delivered in order, so all that says when and by whom is kept once per lane.
 * `ready_at_ms` is when it may be taken: since it got a call, the end of a pause, or of the lease of whoever has it; null: taken, without an end.
 */
export const storeProgram = defineStoreProgram({
  name: 'outbox',
  source: { specifier: '@motia/store-sqlite/outbox', from: import.meta.url },
  migrations: [
    {
      version: 1,
      up(sql) {
        // Ids are never used again: an engine may still be about to forget a lane that is gone.
        sql.run(`CREATE TABLE outbox_lane (
          id INTEGER PRIMARY KEY AUTOINCREMENT,
          kind TEXT NOT NULL,
          trigger_id TEXT NOT NULL,
          function_id TEXT NOT NULL,
          lane TEXT NOT NULL,
          ready_at_ms INTEGER,
          owner INTEGER,
          UNIQUE (trigger_id, lane)
        ) STRICT`);
        sql.run('CREATE INDEX outbox_lane_ready ON outbox_lane (trigger_id, ready_at_ms)');
        sql.run(`CREATE TABLE outbox_call (
          id INTEGER PRIMARY KEY AUTOINCREMENT,
          lane_id INTEGER NOT NULL,
          payload TEXT NOT NULL,
          trace TEXT,
          depth INTEGER NOT NULL,
          failures INTEGER NOT NULL DEFAULT 0,
          losses INTEGER NOT NULL DEFAULT 0,
          created_at_ms INTEGER NOT NULL,
          crc INTEGER NOT NULL
        ) STRICT`);
        sql.run('CREATE INDEX outbox_call_lane ON outbox_call (lane_id, id)');
        sql.run(`CREATE TABLE outbox_subscription (
          kind TEXT NOT NULL,
          trigger_id TEXT NOT NULL,
          engine INTEGER NOT NULL,
          function_id TEXT NOT NULL,
          filter TEXT NOT NULL,
          PRIMARY KEY (kind, trigger_id, engine)
        ) STRICT, WITHOUT ROWID`);
      },
    },
    {
      version: 2,
      up(sql) {
        sql.run('ALTER TABLE outbox_subscription ADD COLUMN crc INTEGER NOT NULL DEFAULT 0');
        sealSubscriptions(sql);
      },
    },
    { version: 3, up: coverLanes },
  ],
  commands: {
    /** Whoever had claimed something for good is gone; leases that end by themselves are left alone where other engines may be at work. */
    adopt(sql: StoreSql, { kind, isShared }: { readonly kind: string; readonly isShared: boolean }, { nowMs }: StoreCommandContext): void {
      sql.run(`UPDATE outbox_lane SET ready_at_ms = ?, owner = NULL WHERE kind = ? AND owner IS NOT NULL${isShared ? ' AND ready_at_ms IS NULL' : ''}`, nowMs, kind);
    },

    /** Gives back what engines had claimed that are gone. */
    takeFrom(sql: StoreSql, { kind, owners }: { readonly kind: string; readonly owners: readonly number[] }, { nowMs }: StoreCommandContext): number {
      return owners.reduce((sum, owner) => sum + sql.run('UPDATE outbox_lane SET ready_at_ms = ?, owner = NULL WHERE kind = ? AND owner = ?', nowMs, kind, owner).changes, 0);
    },

    subscribe: writeSubscriptions,
    inherit: inheritSubscriptions,

    claim(sql: StoreSql, { wanted, terms }: { readonly wanted: readonly { readonly triggerId: string; readonly limit: number }[]; readonly terms: ClaimTerms }, context: StoreCommandContext): ClaimAnswer {
      const calls: ClaimedCall[] = [];
      const damaged: LostCall[] = [];
      for (const { triggerId, limit } of wanted) {
        const lanes = sql.all<LaneRow>(
          // What this engine has itself is not given out a second time, also when it slept through the end of its lease.
          'SELECT id FROM outbox_lane WHERE trigger_id = ? AND (ready_at_ms <= ? OR ready_at_ms > ?) AND (owner IS NULL OR owner <> ?) ORDER BY ready_at_ms LIMIT ?',
          triggerId, context.nowMs, context.nowMs + longestPauseMs, context.fencingToken, limit,
        );
        for (const { id } of lanes) {
          const call = takeHead(sql, id, damaged, context);
          if (call === undefined) continue;
          sql.run('UPDATE outbox_lane SET ready_at_ms = ?, owner = ? WHERE id = ?', leaseEnd(terms, context), context.fencingToken, id);
          calls.push(call);
        }
      }
      return { calls, damaged };
    },

    settle(sql: StoreSql, { laneId, callId, terms }: { readonly laneId: number; readonly callId: number; readonly terms: ClaimTerms }, context: StoreCommandContext): ClaimAnswer {
      const damaged: LostCall[] = [];
      if (!isOwned(sql, laneId, context)) return { calls: [], damaged };
      sql.run('DELETE FROM outbox_call WHERE id = ? AND lane_id = ?', callId, laneId);
      const next = takeHead(sql, laneId, damaged, context);
      if (next !== undefined && terms.leaseMs !== null) sql.run('UPDATE outbox_lane SET ready_at_ms = ? WHERE id = ?', leaseEnd(terms, context), laneId);
      return { calls: next === undefined ? [] : [next], damaged };
    },

    postpone(
      sql: StoreSql,
      { laneId, callId, delayMs, failures, losses }: { readonly laneId: number; readonly callId: number; readonly delayMs: number; readonly failures: number; readonly losses: number },
      context: StoreCommandContext,
    ): void {
      if (!isOwned(sql, laneId, context)) return;
      sql.run('UPDATE outbox_call SET failures = ?, losses = ? WHERE id = ? AND lane_id = ?', failures, losses, callId, laneId);
      sql.run('UPDATE outbox_lane SET ready_at_ms = ?, owner = NULL WHERE id = ?', context.nowMs + Math.round(delayMs), laneId);
    },

    renew(sql: StoreSql, { laneIds, terms }: { readonly laneIds: readonly number[]; readonly terms: ClaimTerms }, context: StoreCommandContext): readonly number[] {
      return laneIds.filter((id) => sql.run('UPDATE outbox_lane SET ready_at_ms = ? WHERE id = ? AND owner = ?', leaseEnd(terms, context), id, context.fencingToken).changes === 0);
    },

    release(sql: StoreSql, { laneIds }: { readonly laneIds: readonly number[] }, { nowMs, fencingToken }: StoreCommandContext): void {
      for (const id of laneIds) sql.run('UPDATE outbox_lane SET ready_at_ms = ?, owner = NULL WHERE id = ? AND owner = ?', nowMs, id, fencingToken);
    },

    expire(sql: StoreSql, { kind, beforeMs }: { readonly kind: string; readonly beforeMs: number }): readonly LostCall[] {
      const oldest = sql.all<CallRow>(`SELECT ${callColumns} FROM outbox_call c JOIN outbox_lane l ON l.id = c.lane_id WHERE l.kind = ? AND l.owner IS NULL ORDER BY c.id LIMIT ?`, kind, expiredAtOnce);
      const expired: LostCall[] = [];
      for (const row of oldest) {
        // Ids grow with time: what follows is younger.
        if (row.created_at_ms >= beforeMs) break;
        sql.run('DELETE FROM outbox_call WHERE id = ?', row.id);
        removeIfEmpty(sql, row.lane_id);
        expired.push(lostCall(row));
      }
      return expired;
    },
  },
  queries: {
    nextReadyAtMs(sql: StoreSql, { triggerIds, nowMs }: { readonly triggerIds: readonly string[]; readonly nowMs: number }): number | undefined {
      let earliest: number | undefined;
      for (const triggerId of triggerIds) {
        const row = sql.get<{ readonly at: number }>('SELECT ready_at_ms AS at FROM outbox_lane WHERE trigger_id = ? AND ready_at_ms IS NOT NULL ORDER BY ready_at_ms LIMIT 1', triggerId);
        if (row === undefined) continue;
        const at = row.at > nowMs + longestPauseMs ? nowMs : row.at;
        if (earliest === undefined || at < earliest) earliest = at;
      }
      return earliest;
    },

    elsewhere(
      sql: StoreSql,
      { nowMs, fencingToken, ...query }: { readonly kind: string; readonly address: Readonly<Record<string, string>>; readonly except: readonly { readonly id: string }[]; readonly nowMs: number; readonly fencingToken: number },
    ): readonly DueTrigger[] {
      return triggersOfLately(sql, query, { nowMs, fencingToken });
    },

    subscribedEngines,

    owners: (sql: StoreSql, { kind }: { readonly kind: string }): readonly number[] =>
      sql.all<{ readonly owner: number }>('SELECT DISTINCT owner FROM outbox_lane WHERE kind = ? AND owner IS NOT NULL', kind).map(({ owner }) => owner),

    count(sql: StoreSql, { kind }: { readonly kind: string }): number {
      return sql.get<{ readonly n: number }>('SELECT COUNT(*) AS n FROM (SELECT 1 FROM outbox_call c JOIN outbox_lane l ON l.id = c.lane_id WHERE l.kind = ? LIMIT 10000)', kind)?.n ?? 0;
    },
  },
});

/** The first call of a lane that is whole. Damaged ones are taken out; a lane without calls is gone afterwards. */
function takeHead(sql: StoreSql, laneId: number, damaged: LostCall[], context: StoreCommandContext): ClaimedCall | undefined {
  for (;;) {
    const row = sql.get<CallRow>(`SELECT ${callColumns} FROM outbox_call c JOIN outbox_lane l ON l.id = c.lane_id WHERE c.lane_id = ? ORDER BY c.id LIMIT 1`, laneId);
    if (row === undefined) {
      sql.run('DELETE FROM outbox_lane WHERE id = ?', laneId);
      return undefined;
    }
    if (row.crc === callChecksum(row)) return toClaimedCall(row);
    // Indexes hold a copy of what names a lane: where that has changed in one place, neither can be written before they agree.
    if (damaged.length === 0) sql.run('REINDEX outbox_lane');
    callTable.quarantine(sql, row, context);
    damaged.push(lostCall(row));
  }
}

function removeIfEmpty(sql: StoreSql, laneId: number): void {
  sql.run('DELETE FROM outbox_lane WHERE id = ? AND NOT EXISTS (SELECT 1 FROM outbox_call WHERE lane_id = ?)', laneId, laneId);
}

function isOwned(sql: StoreSql, laneId: number, { fencingToken }: StoreCommandContext): boolean {
  return sql.get('SELECT 1 FROM outbox_lane WHERE id = ? AND owner = ?', laneId, fencingToken) !== undefined;
}

function leaseEnd({ leaseMs }: ClaimTerms, { nowMs }: StoreCommandContext): number | null {
  return leaseMs === null ? null : nowMs + leaseMs;
}

function lostCall({ id: callId, trigger_id: triggerId, function_id: functionId, lane, created_at_ms: createdAtMs }: CallRow): LostCall {
  return { callId, triggerId, functionId, lane, createdAtMs };
}
