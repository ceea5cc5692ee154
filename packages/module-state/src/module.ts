import { defineModule, moduleFactory, StateServiceRef, type ModuleUse, type Registration } from '@motia/engine-core/contract';
import { TriggerDelivery } from '@motia/store-sqlite/outbox';
import { ExpirySweep } from './expiry-sweep.js';
import { stateOptions, type StateInput } from './options.js';
import { registerStateFunctions } from './state-functions.js';
import { StateOperations } from './state-operations.js';
import { stateService } from './state-service.js';
import { StateStoreSlot } from './state-store.js';
import { StateTriggers } from './state-triggers.js';
import { stateVersion } from './version.js';

/** `modules::state::StateModule`: keys with values, atomic updates, versions, expiry, history and triggers. */
export const StateModule = defineModule({
  name: '@motia/module-state',
  version: stateVersion,
  contract: 1,
  class: 'modules::state::StateModule',
  options: stateOptions,
  provides: { state: StateServiceRef },
  triggerTypes: ['state'],
  async create(ctx, options) {
    const { clock, logger } = ctx;
    const { service: store } = await ctx.adapter(StateStoreSlot, options.adapter);
    const triggers = new StateTriggers({ isEnabled: options.triggers_enabled });
    const operations: StateOperations = new StateOperations({ store, triggers, options, clock, logger, onExpiry: (atMs) => sweep.expect(atMs) });
    const sweep = new ExpirySweep({ store, clock, logger, history: operations.historyLimits, subscriptions: () => triggers.subscriptions, onExpired: () => triggers.look() });
    const registrations: Registration[] = [];
    let delivery: TriggerDelivery | undefined;
    return {
      services: { state: stateService(operations, ctx.telemetry) },
      async start() {
        delivery = new TriggerDelivery({
          kind: 'state', calls: store.dueCalls, triggers: ctx.triggers, functions: ctx.functions, workers: ctx.workers, health: ctx.engineHealth, telemetry: ctx.telemetry, clock, logger,
        });
        triggers.deliverWith(delivery);
        await delivery.start();
        // The functions first: what is due from before may be delivered, and change something, as soon as the type is known.
        registrations.push(...registerStateFunctions(ctx.functions, operations), await ctx.triggers.registerType(triggers.type));
        sweep.start();
      },
      // Functions stay: what others are finishing meanwhile may still need them.
      async drain(deadline) {
        await Promise.all([sweep.stop(), delivery?.drain(deadline)]);
      },
      async stop() {
        for (const registration of registrations.splice(0)) registration.dispose();
        await Promise.all([sweep.stop(), delivery?.stop()]);
      },
    };
  },
});

/** `createEngine({ modules: [state({ … })] })`. */
export const state: (options?: StateInput) => ModuleUse = moduleFactory<StateInput>(StateModule);
