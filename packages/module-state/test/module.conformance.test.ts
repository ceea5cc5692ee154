import { describe, expect, it } from '@jest/globals';
import { moduleConformance } from '@motia/engine-core/testing';
import { StateModule } from '../src/index.js';

moduleConformance(
  { describe, it, expect },
  {
    definition: StateModule,
    options: () => ({ greeting: 'Good morning' }),
    invalid: [{ options: { greeting: '' }, pointer: '/greeting' }],
    works: async (host) => {
      expect(await host.functions.invoke('state::greet', { name: 'Ada' })).toEqual({ text: 'Good morning Ada' });
      await expect(host.functions.invoke('state::greet', {})).rejects.toMatchObject({ code: 'MOTIA_STATE_NAME_MISSING' });
    },
  },
);
