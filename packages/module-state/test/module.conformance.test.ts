import { describe, expect, it } from '@jest/globals';
import { moduleConformance } from '@motia/engine-core/testing';
import { StateModule } from '../src/index.js';

moduleConformance(
  { describe, it, expect },
  {
    definition: StateModule,
    options: () => ({ max_value_bytes: 2_048 }),
    invalid: [
      { options: { max_value_bytes: 0 }, pointer: '/max_value_bytes' },
      { options: { history: { max_entries: 3 } }, pointer: '/history/max_entries' },
      { options: { adapter: { clas: 'x' } }, pointer: '/adapter/class' },
    ],
    works: async (host) => {
      await host.functions.invoke('state::set', { scope: 's', key: 'k', value: 1 });
      expect(await host.functions.invoke('state::get', { scope: 's', key: 'k' })).toBe(1);
    },
  },
);
