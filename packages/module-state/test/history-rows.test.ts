import { describe, expect, it } from '@jest/globals';
import { StorePoolRef, type SqlValue, type StoreProgram, type StoreSql } from '@motia/engine-core/contract';
import { startTestHost } from '@motia/engine-core/testing';
import { sqliteStore } from '@motia/store-sqlite';
import { temporaryFolder } from '@motia/tools/testing';
import { KvStore } from '../src/index.js';
import { trimHistory } from '../src/sqlite/history-rows.js';
import { stateMigrations } from '../src/sqlite/migrations.js';
import { startStateEngine, type StateEngine } from '../src/testing/index.js';

interface Page {
  readonly entries: readonly { readonly seq: number; readonly version: number; readonly op: string; readonly before?: unknown; readonly after?: unknown }[];
  readonly truncated: boolean;
  readonly cursor?: string;
}
const start = (more: Parameters<typeof startStateEngine>[2] = {}, options: object = {}): Promise<StateEngine> => startStateEngine({ adapter: KvStore, options: () => ({}) }, options, more);
const at = { scope: 's', key: 'k' };
const told = ({ entries }: Page): unknown => entries.map(({ op, version, before, after }) => [op, version, before, after]);

describe('S5 the history of a key', () => {
  it('stays when the key is forgotten, and goes on when it comes back', async () => {
    await using engine = await start();
    await engine.call('state::set', { ...at, value: 'first' });
    await engine.call('state::delete', at);
    await engine.clock.advance('2h');
    expect(told(await engine.call<Page>('state::history', at))).toEqual([['delete', 2, 'first', undefined], ['set', 1, undefined, 'first']]);
    expect(await engine.call('state::set', { ...at, value: 'second' })).toMatchObject({ version: 1 });
    const page = await engine.call<Page>('state::history', at);
    expect(told(page)).toEqual([['set', 1, undefined, 'second'], ['delete', 2, 'first', undefined], ['set', 1, undefined, 'first']]);
  });

  it('is read in pages, also when others were changed in between', async () => {
    await using engine = await start();
    for (let n = 1; n <= 7; n += 1) for (const key of ['k', 'other']) await engine.call('state::set', { scope: 's', key, value: n });
    const versions: number[] = [];
    let cursor: string | undefined;
    do {
      const page: Page = await engine.call('state::history', { ...at, limit: 3, ...(cursor === undefined ? {} : { cursor }) });
      versions.push(...page.entries.map(({ version }) => version));
      cursor = page.cursor;
    } while (cursor !== undefined);
    expect(versions).toEqual([7, 6, 5, 4, 3, 2, 1]);
  });

  it('holds a quarter more than it must at most, and the newest whatever it takes', async () => {
    await using engine = await start({ history: { max_entries_per_key: 20, max_bytes_per_key: 4_096 } });
    const sizes: number[] = [];
    for (let n = 1; n <= 100; n += 1) {
      await engine.call('state::set', { ...at, value: n });
      sizes.push((await engine.call<Page>('state::history', { ...at, limit: 100 })).entries.length);
    }
    expect(Math.max(...sizes)).toBeLessThanOrEqual(25);
    expect(Math.min(...sizes.slice(25))).toBeGreaterThanOrEqual(20);
    for (let n = 1; n <= 10; n += 1) await engine.call('state::set', { ...at, value: 'x'.repeat(1_500) });
    const { entries, truncated } = await engine.call<Page>('state::history', { ...at, limit: 100 });
    expect([entries.length, entries[0]?.version, truncated]).toEqual([2, 110, true]);
  });

  it('gives way to newer changes of other keys when all together have too much', async () => {
    await using engine = await start({ history: { max_bytes: 65_536 } });
    await engine.call('state::set', { ...at, value: 'early' });
    for (let n = 1; n <= 300; n += 1) await engine.call('state::set', { scope: 's', key: `k${n % 10}`, value: 'x'.repeat(500) });
    expect(await engine.call<Page>('state::history', at)).toMatchObject({ entries: [] });
    const kept = await engine.call<Page>('state::history', { limit: 500 });
    expect(kept.entries.length * 628).toBeLessThan(65_536 + 32 * 628);
    await engine.call('state::set', { ...at, value: 'late' });
    expect(told(await engine.call<Page>('state::history', at))).toEqual([['set', 2, undefined, 'late']]);
  });
});

it('S5 room for few changes is made by looking at few, however many there are', async () => {
  const rows = 5_000;
  const program = {
    name: 'state', source: { specifier: './none.js', from: '' }, migrations: stateMigrations, queries: {},
    commands: {
      trim(sql, room: number, context) {
        let seen = 0;
        for (let n = 1; n <= rows; n += 1) sql.run("INSERT INTO state_history (scope, key, op, version, at_ms, bytes, has_value, crc) VALUES ('s', ?, 'set', 1, 1, 100, 0, 0)", `k${n}`);
        sql.run('UPDATE state_history_size SET bytes = ?', rows * 100);
        const counting: StoreSql = {
          get: (text, ...values) => sql.get(text, ...values),
          run: (text, ...values) => sql.run(text, ...values),
          all<Row>(text: string, ...values: readonly SqlValue[]): readonly Row[] {
            const found = sql.all<Row>(text, ...values);
            seen += found.length;
            return found;
          },
        };
        trimHistory(counting, rows * 100 - room, context);
        return { seen, left: sql.get<{ readonly n: number }>('SELECT COUNT(*) AS n FROM state_history')?.n };
      },
    },
  } satisfies StoreProgram;
  const host = await startTestHost([sqliteStore({ writer: 'inline' })]);
  const handle = await (await host.service(StorePoolRef).open({ durability: 'memory' })).open(program);
  expect(await handle.run('trim', 1_600)).toEqual({ seen: 32, left: rows - 16 });
  await host.stop();
});

it('S5 the history of a store of the first version is there after it was brought up to date, of forgotten keys too', async () => {
  await using folder = temporaryFolder('state');
  const first = {
    name: 'state', source: { specifier: './none.js', from: '' }, migrations: stateMigrations.slice(0, 1), queries: {},
    commands: {
      fill(sql) {
        const change = 'INSERT INTO state_history (scope, key, op, version, at_ms, bytes, has_value, crc, value) VALUES (?, ?, ?, ?, 1, 130, ?, 0, ?)';
        for (const [key, version] of [['gone', 1], ['k', 1], ['gone', 2], ['k', 2], ['k', 3]] as const) sql.run(change, 's', key, 'set', version, 1, String(version));
        sql.run('INSERT INTO state_entry (scope, key, version, updated_at_ms, history_entries, history_bytes, crc, value) VALUES (?, ?, 3, 1, 3, 390, 0, ?)', 's', 'k', '3');
      },
    },
  } satisfies StoreProgram;
  const old = await startTestHost([sqliteStore({ data_dir: folder.path })]);
  await (await (await old.service(StorePoolRef).open({})).open(first)).run('fill', undefined);
  await old.stop();
  await using engine = await start({}, { store_method: 'file_based', file_path: folder.path });
  const versions = async (key: string): Promise<unknown> => (await engine.call<Page>('state::history', { scope: 's', key })).entries.map(({ version }) => version);
  expect([await versions('k'), await versions('gone')]).toEqual([[3, 2, 1], [2, 1]]);
  await engine.call('state::set', { scope: 's', key: 'gone', value: 1 });
  expect(await versions('gone')).toEqual([1, 2, 1]);
});
