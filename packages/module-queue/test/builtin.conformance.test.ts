import { afterAll, describe, expect, it } from '@jest/globals';
import { temporaryFolder } from '@motia/tools/testing';
import { BuiltinQueueAdapter } from '../src/index.js';
import { jobStoreConformance } from '../src/testing/index.js';

const folders: ReturnType<typeof temporaryFolder>[] = [];
afterAll(() => Promise.all(folders.map((folder) => folder.remove())));

describe('in memory', () => {
  jobStoreConformance({ describe, it, expect }, { adapter: BuiltinQueueAdapter, options: () => ({ store_method: 'in_memory' }), isDurable: false });
});

describe('in a file', () => {
  jobStoreConformance(
    { describe, it, expect },
    {
      adapter: BuiltinQueueAdapter,
      options: () => {
        const folder = temporaryFolder('queue');
        folders.push(folder);
        return { store_method: 'file_based', file_path: folder.path };
      },
    },
  );
});
