import type { StoreCommandContext, StoreSql } from '@motia/engine-core/contract';
import type { DueTrigger } from './add-due-calls.js';
import type { DueSubscription } from './due-calls.js';

/** How long an engine that was killed still counts: it may come back, and what changed meanwhile is due to its triggers. */
const rememberedMs = 86_400_000;
const living = 'SELECT fencing_token FROM store_engines WHERE ended_at_ms IS NULL AND seen_at_ms > ?';

/** Replaces what this engine has said of one kind. What engines said that are gone is taken away. */
export function writeSubscriptions(sql: StoreSql, { kind, subscriptions }: { readonly kind: string; readonly subscriptions: readonly DueSubscription[] }, { nowMs, fencingToken }: StoreCommandContext): void {
  sql.run('DELETE FROM outbox_subscription WHERE kind = ? AND engine = ?', kind, fencingToken);
  sql.run(`DELETE FROM outbox_subscription WHERE engine NOT IN (${living})`, nowMs - rememberedMs);
  for (const { id, functionId, filter } of subscriptions) {
    sql.run('INSERT INTO outbox_subscription (kind, trigger_id, engine, function_id, filter) VALUES (?, ?, ?, ?, ?)', kind, id, fencingToken, functionId, JSON.stringify(filter));
  }
}

/** Triggers that only other engines have, and that a change of this address concerns. */
export function triggersElsewhere(
  sql: StoreSql,
  { kind, address, except }: { readonly kind: string; readonly address: Readonly<Record<string, string>>; readonly except: readonly Pick<DueTrigger, 'id'>[] },
  { nowMs, fencingToken }: Pick<StoreCommandContext, 'nowMs' | 'fencingToken'>,
): readonly DueTrigger[] {
  const known = new Set(except.map(({ id }) => id));
  const found: DueTrigger[] = [];
  for (const row of sql.all<{ readonly trigger_id: string; readonly function_id: string; readonly filter: string }>(
    `SELECT trigger_id, function_id, filter FROM outbox_subscription WHERE kind = ? AND engine <> ? AND engine IN (${living}) ORDER BY trigger_id`, kind, fencingToken, nowMs - rememberedMs,
  )) {
    if (known.has(row.trigger_id) || !fits(JSON.parse(row.filter) as Readonly<Record<string, unknown>>, address)) continue;
    known.add(row.trigger_id);
    found.push({ id: row.trigger_id, functionId: row.function_id });
  }
  return found;
}

function fits(filter: Readonly<Record<string, unknown>>, address: Readonly<Record<string, string>>): boolean {
  return Object.entries(filter).every(([name, value]) => typeof value !== 'string' || address[name] === value);
}
