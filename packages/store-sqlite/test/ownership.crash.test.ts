import { chmodSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { temporaryFolder } from '@motia/tools/testing';
import { fillFolder, hashesOf } from './fixtures/data-folder.js';
import { OpeningEngine } from './fixtures/opening-engine.js';

describe('G2 a folder has one engine', () => {
  it('#16 the second is refused and told whose it is; the first does not notice', async () => {
    await using folder = temporaryFolder('store-owner');
    const options = { data_dir: folder.path };
    await using first = new OpeningEngine({ options });
    expect(await first.line('opened')).toMatchObject({ fencingToken: 1 });
    await using second = new OpeningEngine({ options });
    const failure = await second.line('failed');
    expect(failure).toMatchObject({ failed: 'MOTIA_STORE_OWNED', details: { folder: folder.path, pid: first.pid, startedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT/) } });
    expect(failure?.['message']).toContain(`process ${first.pid}, started `);
    expect(await first.run('add', { name: 'a', by: 1 })).toBe(1);
  });

  it('that is free again when it was stopped, and when it was killed', async () => {
    await using folder = temporaryFolder('store-owner');
    const options = { data_dir: folder.path };
    for (const [round, end] of (['stop', 'kill', 'kill'] as const).entries()) {
      await using engine = new OpeningEngine({ options });
      expect(await engine.line('opened')).toMatchObject({ fencingToken: round + 1 });
      await engine[end]();
    }
    await using last = new OpeningEngine({ options });
    expect(await last.line('opened')).toMatchObject({ fencingToken: 4 });
  });

  it('#17 the second takes over when it waits and the first is killed', async () => {
    await using folder = temporaryFolder('store-owner');
    await using first = new OpeningEngine({ options: { data_dir: folder.path } });
    await first.line('opened');
    await first.run('add', { name: 'a', by: 41 });
    await using second = new OpeningEngine({ options: { data_dir: folder.path, wait_lock_ms: 25_000 } });
    expect(await second.record('Waiting for another engine')).toMatchObject({ fields: { folder: folder.path, pid: first.pid } });
    await first.kill();
    expect(await second.line('opened')).toMatchObject({ fencingToken: 2 });
    expect(await second.run('add', { name: 'a', by: 1 })).toBe(42);
    expect(JSON.parse(readFileSync(folder.file('motia.owner.json'), 'utf8'))).toMatchObject({ pid: second.pid });
  });

  it('a wait that was in vain ends like none', async () => {
    await using folder = temporaryFolder('store-owner');
    await using first = new OpeningEngine({ options: { data_dir: folder.path } });
    await first.line('opened');
    await using second = new OpeningEngine({ options: { data_dir: folder.path, wait_lock_ms: 300 } });
    expect(await second.line('failed')).toMatchObject({ failed: 'MOTIA_STORE_OWNED' });
  });

  it('and those that share it exclude the one that wants it alone, both ways', async () => {
    await using folder = temporaryFolder('store-owner');
    const [shared, alone] = [{ data_dir: folder.path, shared: true }, { data_dir: folder.path }];
    await using first = new OpeningEngine({ options: shared });
    await using second = new OpeningEngine({ options: shared });
    await first.line('opened');
    await second.line('opened');
    await using third = new OpeningEngine({ options: alone });
    expect(await third.line('failed')).toMatchObject({ failed: 'MOTIA_STORE_OWNED', message: expect.stringContaining('shares it only with engines') });
    await first.kill();
    await second.kill();
    await using fourth = new OpeningEngine({ options: alone });
    await fourth.line('opened');
    await using fifth = new OpeningEngine({ options: shared });
    expect(await fifth.line('failed')).toMatchObject({ failed: 'MOTIA_STORE_OWNED' });
  });
});

describe('#15 a folder that the user of the engine may not write', () => {
  /** Root may do everything, so the engine becomes somebody else. */
  const nobody = '65534';

  it.each([
    ['the folder', 0o555, 0o666],
    ['the file', 0o777, 0o444],
  ])('is refused with path and user id, and nothing changes: %s', async (what, folderMode, fileMode) => {
    await using folder = temporaryFolder('store-owner');
    chmodSync(folder.path, 0o755);
    const data = folder.file('data');
    await fillFolder(data, { a: 'text' });
    for (const name of ['motia.db', 'motia.db-marker', 'motia.lock']) chmodSync(folder.file('data', name), fileMode);
    chmodSync(data, folderMode);
    const before = hashesOf(data);
    await using engine = new OpeningEngine({ options: { data_dir: data }, env: { OPENING_UID: nobody } });
    const uid = process.getuid?.() === 0 ? Number(nobody) : process.getuid?.();
    expect(await engine.line('failed')).toMatchObject({ failed: 'MOTIA_STORE_READ_ONLY', message: expect.stringContaining(`as user ${uid}`), details: { path: what === 'the folder' ? data : folder.file('data', 'motia.db'), uid } });
    expect(hashesOf(data)).toEqual(before);
    chmodSync(data, 0o700);
  });
});
