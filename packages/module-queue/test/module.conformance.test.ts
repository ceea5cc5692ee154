import { describe, expect, it } from '@jest/globals';
import { moduleConformance } from '@motia/engine-core/testing';
import { QueueModule } from '../src/index.js';

moduleConformance(
  { describe, it, expect },
  {
    definition: QueueModule,
    options: () => ({ queue_configs: { mail: { max_retries: 1 } } }),
    invalid: [
      { options: { queue_configs: { mail: { concurrency: 0 } } }, pointer: '/queue_configs/mail/concurrency' },
      { options: { queue_configs: { mail: { maxretries: 3 } } }, pointer: '/queue_configs/mail/maxretries' },
      { options: { queue_configs: { 'no spaces': {} } }, pointer: '/queue_configs/no spaces' },
      { options: { topic_delivery: 'all' }, pointer: '/topic_delivery' },
    ],
    works: async (host) => {
      const received = new Promise((resolve) => host.functions.register({ id: 'test::take' }, resolve));
      await host.triggers.register({ type: 'queue', functionId: 'test::take', config: { topic: 'greetings' } });
      expect(await host.functions.invoke('enqueue', { topic: 'greetings', data: { name: 'Ada' } })).toEqual({ messageReceiptId: expect.any(String) });
      expect(await received).toEqual({ name: 'Ada' });
    },
  },
);
