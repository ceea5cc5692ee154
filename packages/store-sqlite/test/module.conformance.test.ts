import { describe, expect, it } from '@jest/globals';
import { StorePoolRef } from '@motia/engine-core/contract';
import { moduleConformance } from '@motia/engine-core/testing';
import SqliteStore from '../src/index.js';
import { notesProgram } from './fixtures/notes-program.js';

moduleConformance({ describe, it, expect }, {
  definition: SqliteStore,
  options: () => ({ durability: 'memory' }),
  invalid: [
    { options: { data_dir: '' }, pointer: '/data_dir' },
    { options: { durability: 'some' }, pointer: '/durability' },
  ],
  works: async (host) => {
    const store = await host.service(StorePoolRef).open({});
    const notes = await store.open(notesProgram);
    await notes.run('add', { key: 'a', text: '' });
    expect(notes.query('keys', undefined)).toEqual(['a']);
  },
});
