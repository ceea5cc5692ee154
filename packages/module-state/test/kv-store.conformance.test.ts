import { afterAll, describe, expect, it } from '@jest/globals';
import { temporaryFolder } from '@motia/tools/testing';
import { KvStore } from '../src/index.js';
import { stateStoreConformance } from '../src/testing/index.js';

const folder = temporaryFolder('state');
afterAll(() => folder.remove());
let stores = 0;

describe('in_memory', () => {
  stateStoreConformance({ describe, it, expect }, { adapter: KvStore, options: () => ({ store_method: 'in_memory' }), capabilities: ['transactions'] });
});

describe('file_based', () => {
  stateStoreConformance({ describe, it, expect }, { adapter: KvStore, options: () => ({ store_method: 'file_based', file_path: folder.file(`store-${(stores += 1)}`) }) });
});
