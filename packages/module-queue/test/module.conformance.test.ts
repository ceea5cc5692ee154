import { describe, expect, it } from '@jest/globals';
import { moduleConformance } from '@motia/engine-core/testing';
import { QueueModule } from '../src/index.js';

moduleConformance(
  { describe, it, expect },
  {
    definition: QueueModule,
    options: () => ({ greeting: 'Good morning' }),
    invalid: [{ options: { greeting: '' }, pointer: '/greeting' }],
    works: async (host) => {
      expect(await host.functions.invoke('queue::greet', { name: 'Ada' })).toEqual({ text: 'Good morning Ada' });
      await expect(host.functions.invoke('queue::greet', {})).rejects.toMatchObject({ code: 'MOTIA_QUEUE_NAME_MISSING' });
    },
  },
);
