import { describe, expect, it } from '@jest/globals';
import { moduleConformance } from '@motia/engine-core/testing';
import { ConsoleServiceRef } from '@motia/engine-core/contract';
import { ConsoleModule } from '../src/index.js';
import { token } from './start-console.js';

moduleConformance(
  { describe, it, expect },
  {
    definition: ConsoleModule,
    options: () => ({ port: 0, token }),
    invalid: [
      { options: { port: 70_000 }, pointer: '/port' },
      { options: { token: 'short' }, pointer: '/token' },
    ],
    works: async (host) => {
      const address = host.service(ConsoleServiceRef).address();
      const answer = await fetch(`http://127.0.0.1:${address?.port}/api/v1/health`, { headers: { authorization: `Bearer ${token}` } });
      expect(((await answer.json()) as { ready: boolean }).ready).toBe(true);
    },
  },
);
