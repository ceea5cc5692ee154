import { describe, expect, it } from '@jest/globals';
import { temporaryFolder } from '@motia/tools/testing';
import { flipBitIn } from './fixtures/data-folder.js';
import { guardedProgram } from './fixtures/guarded-program.js';
import { failureOf, openPool } from './fixtures/open.js';

describe('#14 a bit that flipped in a row', () => {
  /** Two rows are kept, and the value of the second is changed on the disk while nobody looks. */
  const openDamaged = async () => {
    const folder = temporaryFolder('store');
    {
      await using before = await openPool({ data_dir: folder.path });
      const guarded = await (await before.pool.open({})).open(guardedProgram);
      await guarded.run('put', { scope: 's', key: 'a', value: 'the first value' });
      await guarded.run('put', { scope: 's', key: 'b', value: Buffer.from('the other value') });
    }
    flipBitIn(folder.file('motia.db'), 'the other value');
    const running = await openPool({ data_dir: folder.path });
    const store = await running.pool.open({});
    const guarded = await store.open(guardedProgram);
    return {
      ...running, guarded, store, folder,
      status: () => running.host.health.report().components['store-sqlite'],
      async [Symbol.asyncDispose]() {
        await running[Symbol.asyncDispose]();
        await folder.remove();
      },
    };
  };
  const corrupt = { code: 'MOTIA_STORE_ROW_CORRUPT', details: { table: 'guarded_secrets', key: { scope: 's', key: 'b' } } };

  it('is noticed by a query: it fails, a copy is kept, the engine stays up and says so', async () => {
    await using test = await openDamaged();
    expect(test.guarded.query('get', { scope: 's', key: 'a' })).toBe('the first value');
    for (let round = 0; round < 2; round += 1) expect(() => test.guarded.query('get', { scope: 's', key: 'b' })).toThrow(expect.objectContaining(corrupt));
    await test.guarded.run('put', { scope: 's', key: 'c', value: '' });
    const [copy, ...more] = test.guarded.query('quarantine', undefined);
    expect(more).toEqual([]);
    expect(copy).toMatchObject({ table_name: 'guarded_secrets', key: '{"scope":"s","key":"b"}' });
    expect(JSON.parse(copy?.row ?? '')).toMatchObject({ scope: 's', key: 'b', value: { hex: expect.stringMatching(/^[0-9a-f]{30}$/) } });
    expect(test.status()).toMatchObject({ status: 'degraded', reason: expect.stringContaining('1 row(s)') });
    expect(test.host.health.report().ready).toBe(true);
    expect(test.host.logs.records.filter(({ level, message }) => level === 'error' && message.includes('not what was written')).map(({ fields }) => fields)).toEqual([{ file: test.folder.file('motia.db'), ...corrupt.details }]);
  });

  it('is noticed by a command, which is undone', async () => {
    await using test = await openDamaged();
    expect(await failureOf(test.guarded.run('readOrFail', { scope: 's', key: 'b' }))).toMatchObject(corrupt);
    await test.guarded.run('put', { scope: 's', key: 'c', value: '' });
    expect(test.guarded.query('quarantine', undefined)).toHaveLength(1);
  });

  it('does not last: writing the row anew heals it', async () => {
    await using test = await openDamaged();
    await test.guarded.run('put', { scope: 's', key: 'b', value: 'new' });
    expect(test.guarded.query('get', { scope: 's', key: 'b' })).toBe('new');
  });

  it('keeps a command that goes on without the row from stopping: it moves to the quarantine', async () => {
    await using test = await openDamaged();
    expect(await test.guarded.run('takeAll', undefined)).toEqual(['the first value']);
    expect(test.guarded.query('get', { scope: 's', key: 'b' })).toBeUndefined();
    expect(test.guarded.query('quarantine', undefined)).toHaveLength(1);
    expect(test.status()).toMatchObject({ status: 'degraded' });
  });

  it('moves nowhere when the command is undone after all', async () => {
    await using test = await openDamaged();
    await failureOf(test.guarded.run('takeAllThenThrow', undefined));
    expect(test.guarded.query('quarantine', undefined)).toEqual([]);
    expect(test.status()).toMatchObject({ status: 'healthy' });
  });

  it('is told of at the next start, as long as it is in the quarantine', async () => {
    await using test = await openDamaged();
    await test.guarded.run('takeAll', undefined);
    await test.host.stop();
    await using again = await openPool({ data_dir: test.folder.path });
    await again.pool.open({});
    expect(again.host.logs.records.find(({ level, message }) => level === 'warn' && message.includes('quarantine'))?.fields).toMatchObject({ rows: 1 });
  });
});
