import { describe, expect, it } from '@jest/globals';
import { moduleConformance } from '@motia/engine-core/testing';
import { CronModule } from '../src/index.js';

moduleConformance(
  { describe, it, expect },
  {
    definition: CronModule,
    options: () => ({ greeting: 'Good morning' }),
    invalid: [{ options: { greeting: '' }, pointer: '/greeting' }],
    works: async (host) => {
      expect(await host.functions.invoke('cron::greet', { name: 'Ada' })).toEqual({ text: 'Good morning Ada' });
    },
  },
);
