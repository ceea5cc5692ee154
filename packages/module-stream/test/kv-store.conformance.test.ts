import { afterAll, describe, expect, it } from '@jest/globals';
import type { ModuleUse } from '@motia/engine-core/contract';
import { sqliteStore } from '@motia/store-sqlite';
import { temporaryFolder } from '@motia/tools/testing';
import { KvStore } from '../src/index.js';
import { streamStoreConformance } from '../src/testing/index.js';

const folder = temporaryFolder('streams');
afterAll(() => folder.remove());
let places = 0;
/** A folder of its own for each store; the last one again for a restart. */
const place = (again = false): string => folder.file(`data-${again ? places : (places += 1)}`);

describe('KvStore in memory', () => {
  streamStoreConformance({ describe, it, expect }, { adapter: () => ({ class: KvStore.class, config: { store_method: 'in_memory' } }), modules: () => [], isDurable: false });
});

describe('KvStore in a file', () => {
  streamStoreConformance({ describe, it, expect }, { adapter: (again) => ({ class: KvStore.class, config: { store_method: 'file_based', file_path: place(again) } }), isDurable: true });
});

describe('KvStore in a file that engines share', () => {
  const modules = (): readonly ModuleUse[] => [sqliteStore({ shared: true })];
  streamStoreConformance({ describe, it, expect }, { adapter: (again) => ({ class: KvStore.class, config: { store_method: 'file_based', file_path: place(again) } }), modules, isDurable: false });
});
