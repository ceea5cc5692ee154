import { describe, expect, it } from '@jest/globals';
import { moduleConformance } from '@motia/engine-core/testing';
import { StreamModule } from '../src/index.js';

moduleConformance(
  { describe, it, expect },
  {
    definition: StreamModule,
    options: () => ({ greeting: 'Good morning' }),
    invalid: [{ options: { greeting: '' }, pointer: '/greeting' }],
    works: async (host) => {
      expect(await host.functions.invoke('stream::greet', { name: 'Ada' })).toEqual({ text: 'Good morning Ada' });
      await expect(host.functions.invoke('stream::greet', {})).rejects.toMatchObject({ code: 'MOTIA_STREAM_NAME_MISSING' });
    },
  },
);
