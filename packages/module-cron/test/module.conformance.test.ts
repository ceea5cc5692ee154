import { describe, expect, it } from '@jest/globals';
import { CronServiceRef } from '@motia/engine-core/contract';
import { moduleConformance } from '@motia/engine-core/testing';
import CronModule from '../src/index.js';

moduleConformance({ describe, it, expect }, {
  definition: CronModule,
  options: () => ({}),
  invalid: [
    { options: { adapter: { config: {} } }, pointer: '/adapter/class' },
    { options: { adapter: { class: '' } }, pointer: '/adapter/class' },
    { options: { adaptor: {} }, pointer: '/adaptor' },
  ],
  works: async (host) => {
    const ran = new Promise<unknown>((resolve) => host.functions.register({ id: 'tick' }, resolve));
    await host.triggers.register({ type: 'cron', functionId: 'tick', config: { expression: '* * * * * * *' } });
    expect(await ran).toMatchObject({ trigger: 'cron', backfilled: false });
    expect(await host.service(CronServiceRef).list()).toMatchObject([{ functionId: 'tick', expression: '* * * * * * *' }]);
  },
});
