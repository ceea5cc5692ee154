import type { Equal, Expect } from '@motia/tools/type-tests';
import { defineStoreProgram, type StoreCommandContext, type StoreService, type StoreSql } from '@motia/engine-core/contract';
import { sqliteStore } from '@motia/store-sqlite';
import { checkedTable, type Sealed } from '@motia/store-sqlite/rows';

interface Visit {
  readonly page: string;
  readonly count: number;
}

const visits = defineStoreProgram({
  name: 'visits',
  source: { specifier: '@acme/visits/store-program', from: import.meta.url },
  migrations: [{ version: 1, up: (sql) => void sql.run('CREATE TABLE visits (page TEXT PRIMARY KEY, count INTEGER NOT NULL) STRICT') }],
  commands: {
    count: (sql: StoreSql, input: { readonly page: string }, context: StoreCommandContext) => ({ ...input, at: context.nowMs, changes: sql.run('SELECT 1').changes }),
  },
  queries: { all: (sql: StoreSql, _input: undefined) => sql.all<Visit>('SELECT page, count FROM visits') },
});

export async function uses(store: StoreService): Promise<void> {
  const handle = await store.open(visits);
  const counted = handle.run('count', { page: '/' });
  type _Counted = Expect<Equal<typeof counted, Promise<{ at: number; changes: number; page: string }>>>;
  const all = handle.query('all', undefined);
  type _All = Expect<Equal<typeof all, readonly Visit[]>>;
  // @ts-expect-error no such command
  void handle.run('cuont', { page: '/' });
  // @ts-expect-error another input
  void handle.run('count', { page: 1 });
  // @ts-expect-error a query is not run
  void handle.run('all', undefined);
  const together = store.transaction((tx) => Promise.all([handle.run('count', { page: '/' }, { tx })]));
  type _Together = Expect<Equal<typeof together, Promise<[{ at: number; changes: number; page: string }]>>>;
}

const guarded = checkedTable<Visit>({ table: 'visits', key: ['page'], values: ['count'] });
export const checked: Visit = guarded.check({ page: '/', count: 1, crc: 0 });
export const sealed: Sealed<Visit> = { page: '/', count: 1, crc: guarded.seal({ page: '/', count: 1 }) };
// @ts-expect-error a column that the row does not have
export const misspelt = checkedTable<Visit>({ table: 'visits', key: ['pgae'], values: ['count'] });
// @ts-expect-error a row without its checksum
export const unsealed = guarded.check({ page: '/', count: 1 });

sqliteStore({ durability: 'normal', writer: 'thread' });
// @ts-expect-error an option that does not exist
sqliteStore({ data_directory: './data' });
// @ts-expect-error a durability that does not exist
sqliteStore({ durability: 'some' });
