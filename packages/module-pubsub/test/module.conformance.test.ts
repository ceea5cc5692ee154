import { describe, expect, it } from '@jest/globals';
import { moduleConformance } from '@motia/engine-core/testing';
import { PubsubModule } from '../src/index.js';

moduleConformance(
  { describe, it, expect },
  {
    definition: PubsubModule,
    options: () => ({ greeting: 'Good morning' }),
    invalid: [{ options: { greeting: '' }, pointer: '/greeting' }],
    works: async (host) => {
      expect(await host.functions.invoke('pubsub::greet', { name: 'Ada' })).toEqual({ text: 'Good morning Ada' });
      await expect(host.functions.invoke('pubsub::greet', {})).rejects.toMatchObject({ code: 'MOTIA_PUBSUB_NAME_MISSING' });
    },
  },
);
