import { CronServiceRef, defineModule, moduleFactory, QueueServiceRef, StorePoolRef, type CronService, type ModuleUse } from '@motia/engine-core/contract';
import { CronEngine } from './cron-engine.js';
import { CronStoreSlot } from './cron-store.js';
import { cronErrors } from './errors.js';
import { cronOptions, type CronInput } from './options.js';
import { cronVersion } from './version.js';

/** `modules::cron::CronModule`: schedules of seven fields that fire once per slot, for any number of engines on one store. */
export const CronModule = defineModule({
  name: '@motia/module-cron',
  version: cronVersion,
  contract: 1,
  class: 'modules::cron::CronModule',
  options: cronOptions,
  provides: { cron: CronServiceRef },
  optional: { queue: QueueServiceRef, stores: StorePoolRef },
  triggerTypes: ['cron'],
  async create(ctx, options) {
    const { functions, triggers, telemetry, clock, logger, health, services } = ctx;
    const { service: store, supports } = await ctx.adapter(CronStoreSlot, options.adapter);
    let engine: CronEngine | undefined;
    const running = (): CronService => {
      if (engine === undefined) throw cronErrors.STOPPING({ what: 'A call of the cron service' });
      return engine.scheduler;
    };
    return {
      services: {
        cron: {
          list: async () => running().list(),
          runNow: async (jobId) => running().runNow(jobId),
          pause: async (jobId) => running().pause(jobId),
          resume: async (jobId) => running().resume(jobId),
        },
      },
      async start() {
        // The stores of both are open only now.
        engine = new CronEngine({ store, canTransact: supports.has('transactions'), hasEngines: supports.has('engines'), queue: services.queue, stores: services.stores, functions, triggers, telemetry, clock, logger, health });
        await engine.start();
      },
      async drain(deadline) {
        await engine?.drain(deadline);
      },
      async stop() {
        await engine?.stop();
        engine = undefined;
      },
    };
  },
});

/** `createEngine({ modules: [cron()] })`. */
export const cron: (options?: CronInput) => ModuleUse = moduleFactory<CronInput>(CronModule);
