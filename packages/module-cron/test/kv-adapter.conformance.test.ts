import { afterAll, describe, expect, it } from '@jest/globals';
import { temporaryFolder } from '@motia/tools/testing';
import { sqliteStore } from '@motia/store-sqlite';
import { KvCronAdapter } from '../src/index.js';
import { cronStoreConformance } from '../src/testing/index.js';

describe('in memory', () => {
  cronStoreConformance({ describe, it, expect }, { adapter: KvCronAdapter, options: () => ({ store_method: 'in_memory' }) });
});

describe('in a file', () => {
  const folder = temporaryFolder('cron-store');
  let count = 0;
  afterAll(() => folder.remove());
  const options = (): unknown => ({ store_method: 'file_based', file_path: folder.file(`store-${(count += 1)}`) });
  cronStoreConformance({ describe, it, expect }, { adapter: KvCronAdapter, options, shared: options, support: () => [sqliteStore({ shared: true, data_dir: folder.file('unused') })] });
});
