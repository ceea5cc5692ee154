import { existsSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { startTestHost } from '@motia/engine-core/testing';
import { SqliteStore } from '@motia/store-sqlite';
import { temporaryFolder } from '@motia/tools/testing';
import { CronModule, KvCronAdapter } from '../src/index.js';

const definitions = [CronModule, KvCronAdapter, SqliteStore];
const cronOf = (adapter: string): string => `modules:\n  - class: modules::cron::CronModule\n    config:\n      adapter:\n        class: modules::cron::KvCronAdapter\n${adapter}`;

describe('where schedules are kept', () => {
  it.each([
    ['a config.yaml that says nothing keeps them in ./data', 'modules:\n  - class: modules::cron::CronModule\n', 'file_based', 'data'],
    ['file_path names another folder', cronOf('        config: { file_path: ./elsewhere }\n'), 'file_based', 'elsewhere'],
    ['in_memory keeps nothing', cronOf('        config: { store_method: in_memory }\n'), 'in_memory', undefined],
  ])('%s', async (_, yaml, method, folderName) => {
    await using folder = temporaryFolder('cron-options');
    writeFileSync(folder.file('config.yaml'), yaml);
    await using host = await startTestHost([], { config: folder.file('config.yaml'), definitions });
    expect(host.logs.records.find(({ message }) => message.startsWith('Cron runs are'))?.fields).toMatchObject({ store: `KvCronAdapter (${method})` });
    for (const name of ['data', 'elsewhere']) expect([name, existsSync(folder.file(name, 'motia.db'))]).toEqual([name, name === folderName]);
  });

  it('code that says nothing keeps them in memory', async () => {
    await using folder = temporaryFolder('cron-options');
    await using host = await startTestHost([{ definition: CronModule }], { baseDir: folder.path });
    expect(host.logs.records.find(({ message }) => message.startsWith('Cron runs are'))?.fields).toMatchObject({ store: 'KvCronAdapter (in_memory)' });
    expect(existsSync(folder.file('data'))).toBe(false);
  });

  it('keys of locks in existing configs are accepted, and one notice each says what does their job now', async () => {
    await using folder = temporaryFolder('cron-options');
    writeFileSync(folder.file('config.yaml'), cronOf('        config: { store_method: in_memory, lock_ttl_ms: 30000, lock_index: cron_locks }\n'));
    await using host = await startTestHost([], { config: folder.file('config.yaml'), definitions });
    expect(host.notices.map(({ pointer }) => pointer.split('/').at(-1)).sort()).toEqual(['lock_index', 'lock_ttl_ms']);
    for (const { message } of host.notices) expect(message).toContain('a slot is claimed once in the store');
  });

  it('a store method that does not exist is refused with its place', async () => {
    await using folder = temporaryFolder('cron-options');
    writeFileSync(folder.file('config.yaml'), cronOf('        config: { store_method: redis, filepath: x }\n'));
    await expect(startTestHost([], { config: folder.file('config.yaml'), definitions })).rejects.toMatchObject({
      code: 'MOTIA_ENGINE_CONFIG_INVALID',
      details: { problems: expect.arrayContaining([expect.objectContaining({ pointer: '/modules/0/config/adapter/config/store_method' }), expect.objectContaining({ pointer: '/modules/0/config/adapter/config/filepath', suggestion: 'file_path' })]) },
    });
  });
});
