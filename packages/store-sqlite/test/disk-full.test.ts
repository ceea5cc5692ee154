import { describe, expect, it } from '@jest/globals';
import { temporaryFolder } from '@motia/tools/testing';
import { notesProgram } from './fixtures/notes-program.js';
import { failureOf, openPool } from './fixtures/open.js';

const large = 'x'.repeat(100_000);

describe('#9 a store without room', () => {
  const open = async () => {
    const folder = temporaryFolder('store');
    const running = await openPool({ data_dir: folder.path, max_file_bytes: 1_048_576 });
    const notes = await (await running.pool.open({})).open(notesProgram);
    return {
      ...running, notes,
      async [Symbol.asyncDispose]() {
        await running[Symbol.asyncDispose]();
        await folder.remove();
      },
    };
  };
  type Open = Awaited<ReturnType<typeof open>>;
  const fill = async ({ notes }: Open): Promise<readonly PromiseSettledResult<unknown>[]> => Promise.allSettled(Array.from({ length: 20 }, (_, index) => notes.run('add', { key: `large-${String(index).padStart(2, '0')}`, text: large })));
  const statusOf = ({ host }: Open) => host.health.report().components['store-sqlite'];

  it('refuses what does not fit with FULL, keeps what does, and every acknowledged change is there', async () => {
    await using test = await open();
    const outcomes = await fill(test);
    const kept = outcomes.filter(({ status }) => status === 'fulfilled').length;
    const refused = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as unknown] : []));
    expect(kept).toBeGreaterThan(3);
    expect(refused.length).toBeGreaterThan(3);
    for (const error of refused) expect(error).toMatchObject({ code: 'MOTIA_STORE_FULL', status: 507, retryable: true });
    expect(test.notes.query('keys', undefined)).toEqual(outcomes.flatMap(({ status }, index) => (status === 'fulfilled' ? [`large-${String(index).padStart(2, '0')}`] : [])));
  });

  it('reads on, stays up and says so in its health, once in its log', async () => {
    await using test = await open();
    await fill(test);
    await fill(test);
    expect(test.notes.query('all', undefined)[0]?.text).toBe(large);
    expect(statusOf(test)).toMatchObject({ status: 'degraded', reason: expect.stringContaining('no room left') });
    expect(test.host.health.report().ready).toBe(true);
    expect(test.host.logs.messages('error').filter((message) => message.includes('no room left'))).toHaveLength(1);
  });

  it('takes small changes beside the one that does not fit', async () => {
    await using test = await open();
    await fill(test);
    const [small, tooLarge] = await Promise.allSettled([test.notes.run('add', { key: 'small', text: '' }), test.notes.run('add', { key: 'too-large', text: large.repeat(10) })]);
    expect([small.status, tooLarge.status]).toEqual(['fulfilled', 'rejected']);
  });

  it('recovers as soon as there is room', async () => {
    await using test = await open();
    await fill(test);
    await test.notes.run('statement', 'DELETE FROM notes');
    await test.notes.run('add', { key: 'again', text: large });
    expect(test.notes.query('keys', undefined)).toEqual(['again']);
    expect(statusOf(test)).toMatchObject({ status: 'healthy' });
    expect(test.host.logs.find('can be written again')).toBeDefined();
  });

  it('keeps nothing of a transaction that does not fit', async () => {
    await using test = await open();
    const store = await test.pool.open({});
    const whole = store.transaction((tx) => Promise.all(Array.from({ length: 20 }, (_, index) => test.notes.run('add', { key: String(index), text: large }, { tx }))));
    expect(await failureOf(whole)).toMatchObject({ code: 'MOTIA_STORE_FULL' });
    expect(test.notes.query('keys', undefined)).toEqual([]);
  });
});
