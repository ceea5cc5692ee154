import type { StoreCommandContext, StoreSql } from '@motia/engine-core/contract';
import { checkedTable, type Sealed } from '../rows/checked-table.js';
import type { DueTrigger } from './add-due-calls.js';
import type { DueSubscription } from './due-calls.js';

/** How long what an engine said counts that was killed. One that stops takes back what must not count any more. */
const rememberedMs = 86_400_000;

interface SubscriptionRow {
  readonly kind: string;
  readonly trigger_id: string;
  readonly engine: number;
  readonly function_id: string;
  readonly filter: string;
}
const table = checkedTable<SubscriptionRow>({ table: 'outbox_subscription', key: ['kind', 'trigger_id', 'engine'], values: ['function_id', 'filter'] });
const columns = 'kind, trigger_id, engine, function_id, filter, crc';

/** Replaces what this engine has said of one kind. */
export function writeSubscriptions(sql: StoreSql, { kind, subscriptions }: { readonly kind: string; readonly subscriptions: readonly DueSubscription[] }, { fencingToken }: StoreCommandContext): void {
  sql.run('DELETE FROM outbox_subscription WHERE kind = ? AND engine = ?', kind, fencingToken);
  for (const { id, functionId, filter } of subscriptions) write(sql, { kind, trigger_id: id, engine: fencingToken, function_id: functionId, filter: JSON.stringify(filter) });
}

/** What engines have said that are gone is this engine's from now on. */
export function inheritSubscriptions(sql: StoreSql, { kind, gone }: { readonly kind: string; readonly gone: readonly number[] }, context: StoreCommandContext): readonly DueSubscription[] {
  const found: DueSubscription[] = [];
  for (const engine of gone) {
    for (const row of sql.all<Sealed<SubscriptionRow>>(`SELECT ${columns} FROM outbox_subscription WHERE kind = ? AND engine = ?`, kind, engine)) {
      if (!table.isIntact(row)) {
        table.quarantine(sql, row, context);
        continue;
      }
      write(sql, { ...row, engine: context.fencingToken });
      found.push(toSubscription(row));
    }
    sql.run('DELETE FROM outbox_subscription WHERE kind = ? AND engine = ?', kind, engine);
  }
  return found;
}

/** Engines that have said something. */
export function subscribedEngines(sql: StoreSql, { kind }: { readonly kind: string }): readonly number[] {
  return sql.all<{ readonly engine: number }>('SELECT DISTINCT engine FROM outbox_subscription WHERE kind = ?', kind).map(({ engine }) => engine);
}

interface Elsewhere {
  readonly kind: string;
  readonly address: Readonly<Record<string, string>>;
  readonly except: readonly Pick<DueTrigger, 'id'>[];
}

/** Triggers that only other engines have, or had when they ended, and that a change of this address concerns. */
export function triggersElsewhere(sql: StoreSql, query: Elsewhere, { fencingToken }: Pick<StoreCommandContext, 'fencingToken'>): readonly DueTrigger[] {
  return fitting(sql.all(`SELECT ${columns} FROM outbox_subscription WHERE kind = ? AND engine <> ? ORDER BY trigger_id`, query.kind, fencingToken), query);
}

/** The same, of engines that were there within a day. */
export function triggersOfLately(sql: StoreSql, query: Elsewhere, { nowMs, fencingToken }: Pick<StoreCommandContext, 'nowMs' | 'fencingToken'>): readonly DueTrigger[] {
  const lately = 'SELECT fencing_token FROM store_engines WHERE seen_at_ms > ?';
  return fitting(sql.all(`SELECT ${columns} FROM outbox_subscription WHERE kind = ? AND engine <> ? AND engine IN (${lately}) ORDER BY trigger_id`, query.kind, fencingToken, nowMs - rememberedMs), query);
}

/** For rows that were written before they had checksums. */
export function sealSubscriptions(sql: StoreSql): void {
  for (const row of sql.all<SubscriptionRow>('SELECT kind, trigger_id, engine, function_id, filter FROM outbox_subscription')) write(sql, row);
}

/** Whether a trigger concerns an address: what it leaves open fits everything. */
export function fits(filter: Readonly<Record<string, unknown>>, address: Readonly<Record<string, string>>): boolean {
  return Object.entries(filter).every(([name, value]) => typeof value !== 'string' || address[name] === value);
}

function write(sql: StoreSql, row: SubscriptionRow): void {
  const { kind, trigger_id: triggerId, engine, function_id: functionId, filter } = row;
  sql.run('INSERT OR REPLACE INTO outbox_subscription (kind, trigger_id, engine, function_id, filter, crc) VALUES (?, ?, ?, ?, ?, ?)', kind, triggerId, engine, functionId, filter, table.seal({ kind, trigger_id: triggerId, engine, function_id: functionId, filter }));
}

/** One that is damaged says nothing; whoever wrote it, or inherits it, writes it anew. */
function fitting(rows: readonly Sealed<SubscriptionRow>[], { address, except }: Elsewhere): readonly DueTrigger[] {
  const known = new Set(except.map(({ id }) => id));
  const found: DueTrigger[] = [];
  for (const row of rows) {
    if (known.has(row.trigger_id) || !table.isIntact(row)) continue;
    const { id, functionId, filter } = toSubscription(row);
    if (!fits(filter, address)) continue;
    known.add(id);
    found.push({ id, functionId });
  }
  return found;
}

function toSubscription({ trigger_id: id, function_id: functionId, filter }: SubscriptionRow): DueSubscription {
  return { id, functionId, filter: JSON.parse(filter) as DueSubscription['filter'] };
}
