import { describe, expect, it } from '@jest/globals';
import { defineStoreProgram, StorePoolRef, type StoreService, type StoreSql } from '@motia/engine-core/contract';
import { temporaryFolder } from '@motia/tools/testing';
import { startCron, type CronFixture } from './fixtures/start-cron.js';

/** Another module's data beside the jobs. */
const notes = defineStoreProgram({
  name: 'notes',
  source: { specifier: './transactions.test.js', from: import.meta.url },
  migrations: [{ version: 1, up: (sql) => void sql.run('CREATE TABLE notes (text TEXT PRIMARY KEY) STRICT') }],
  commands: { add: (sql: StoreSql, text: string) => sql.run('INSERT INTO notes (text) VALUES (?)', text).changes },
  queries: { all: (sql: StoreSql, _input: undefined) => sql.all<{ text: string }>('SELECT text FROM notes ORDER BY text').map(({ text }) => text) },
});

async function withNotes(cron: CronFixture, request: Parameters<ReturnType<typeof poolOf>['open']>[0] = { durability: 'memory' }) {
  const store: StoreService = await poolOf(cron).open(request);
  const handle = await store.open(notes);
  poolOf(cron).join('notes::add', { store: () => store, run: (text, { tx }) => handle.run('add', text as string, { tx }) });
  const transaction = (operations: readonly (readonly [string, unknown])[]): Promise<{ results: unknown[] }> =>
    cron.call('engine::transaction', { operations: operations.map(([function_id, payload]) => ({ function_id, payload })) });
  return { texts: () => handle.query('all', undefined), transaction };
}
const poolOf = ({ host }: CronFixture) => host.service(StorePoolRef);
const codeOf = (promise: Promise<unknown>): Promise<unknown> => promise.then(() => undefined, (error: { code?: unknown }) => error.code);

describe('Q13 a job that is made in a transaction', () => {
  it('is committed with the rest, and runs', async () => {
    await using cron = await startCron();
    const { texts, transaction } = await withNotes(cron);
    const { seen } = await cron.job('remind', { expression: '0 0 0 1 1 * *' });
    const { results } = await transaction([['notes::add', 'a'], ['cron::schedule', { function_id: 'remind', job_id: 'once', delay_ms: 60_000, data: { user: 'ada' } }]]);
    expect(results).toEqual([1, { job_id: 'once', next_run: '2026-03-10T12:01:00Z', replaced: false }]);
    expect(texts()).toEqual(['a']);
    await cron.pass('61s');
    expect(seen).toMatchObject([{ job_id: 'once', data: { user: 'ada' } }]);
  });

  it('is not there when anything else fails, and nothing else is when the job is refused', async () => {
    await using cron = await startCron();
    const { texts, transaction } = await withNotes(cron);
    const { seen } = await cron.job('remind', { expression: '0 0 0 1 1 * *' });
    await transaction([['notes::add', 'taken']]);
    const job = { function_id: 'remind', job_id: 'once', delay_ms: 60_000 };
    expect(await codeOf(transaction([['cron::schedule', job], ['notes::add', 'taken']]))).toBe('MOTIA_STORE_COMMAND_FAILED');
    expect(await codeOf(transaction([['notes::add', 'b'], ['cron::schedule', { ...job, function_id: 'nobody' }]]))).toBe('MOTIA_CRON_INVALID_REQUEST');
    expect(await codeOf(transaction([['notes::add', 'c'], ['cron::schedule', { function_id: 'remind', at: '2020-01-01T00:00:00Z' }]]))).toBe('MOTIA_CRON_NEVER_FIRES');
    await cron.pass('2m');
    expect([texts(), seen, await cron.listed('once')]).toEqual([['taken'], [], {}]);
  });

  it('is cancelled in one as well, or stays; jobs in code are not', async () => {
    await using cron = await startCron();
    const { transaction } = await withNotes(cron);
    const { seen, jobId } = await cron.job('remind', { at: '2026-03-10T13:00:00Z' });
    for (const job_id of ['one', 'two']) await cron.call('cron::schedule', { function_id: 'remind', job_id, delay_ms: 60_000 });
    await transaction([['notes::add', 'taken']]);
    expect(await codeOf(transaction([['cron::cancel', { job_id: 'two' }], ['notes::add', 'taken']]))).toBe('MOTIA_STORE_COMMAND_FAILED');
    const { results } = await transaction([['cron::cancel', { job_id: 'one' }], ['cron::cancel', { job_id: 'never' }]]);
    expect(results).toEqual([{ job_id: 'one', cancelled: true }, { job_id: 'never', cancelled: false }]);
    expect(await codeOf(transaction([['cron::cancel', { job_id: jobId }]]))).toBe('MOTIA_CRON_INVALID_REQUEST');
    await cron.pass('2m');
    expect(seen.map(({ job_id }) => job_id)).toEqual(['two']);
  });

  it('is refused where the rest is kept in another store', async () => {
    await using folder = temporaryFolder('cron-tx');
    await using cron = await startCron({ folder: folder.path });
    const { texts, transaction } = await withNotes(cron);
    await cron.job('remind', { expression: '0 0 0 1 1 * *' });
    expect(await codeOf(transaction([['notes::add', 'a'], ['cron::schedule', { function_id: 'remind', delay_ms: 60_000 }]]))).toBe('MOTIA_STORE_TX_CROSS_STORE');
    expect(texts()).toEqual([]);
  });
});
