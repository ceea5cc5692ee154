import { randomUUID } from 'node:crypto';
import { afterAll, describe, expect, it } from '@jest/globals';
import { StorePoolRef } from '@motia/engine-core/contract';
import { moduleConformance, type TestHost } from '@motia/engine-core/testing';
import { temporaryFolder } from '@motia/tools/testing';
import SqliteStore from '../src/index.js';
import { notesProgram } from './fixtures/notes-program.js';

const folder = temporaryFolder('store-conformance');
afterAll(() => folder.remove());
const works = async (host: TestHost): Promise<void> => {
  const store = await host.service(StorePoolRef).open({});
  const notes = await store.open(notesProgram);
  const key = randomUUID();
  await notes.run('add', { key, text: '' });
  expect(notes.query('keys', undefined)).toContain(key);
};

describe('in memory', () => moduleConformance({ describe, it, expect }, {
  definition: SqliteStore,
  options: () => ({ durability: 'memory' }),
  invalid: [
    { options: { data_dir: '' }, pointer: '/data_dir' },
    { options: { durability: 'some' }, pointer: '/durability' },
    { options: { shared: 'yes' }, pointer: '/shared' },
    { options: { wait_lock_ms: -1 }, pointer: '/wait_lock_ms' },
    { options: { writer: 'process' }, pointer: '/writer' },
    { options: { max_file_bytes: 10 }, pointer: '/max_file_bytes' },
    { options: { checkpoint_pages: 0 }, pointer: '/checkpoint_pages' },
    { options: { max_pending_bytes: 1 }, pointer: '/max_pending_bytes' },
  ],
  works,
}));
describe('in a file', () => moduleConformance({ describe, it, expect }, { definition: SqliteStore, options: () => ({ data_dir: folder.path }), works }));
