import { afterAll, describe, expect, it } from '@jest/globals';
import { StorePoolRef } from '@motia/engine-core/contract';
import { moduleConformance } from '@motia/engine-core/testing';
import { temporaryFolder } from '@motia/tools/testing';
import { built } from './fixtures/built.js';
import { storeProgram as counterProgram } from './fixtures/programs/counter-program.mjs';

const folder = temporaryFolder('store-conformance');
afterAll(() => folder.remove());

moduleConformance({ describe, it, expect }, {
  definition: built.SqliteStore,
  options: () => ({ data_dir: folder.path, writer: 'thread' }),
  works: async (host) => {
    const store = await host.service(StorePoolRef).open({});
    const counter = await store.open(counterProgram);
    const value = await counter.run('add', { name: 'a', by: 1 });
    expect(counter.query('get', 'a')).toBe(value);
  },
});
