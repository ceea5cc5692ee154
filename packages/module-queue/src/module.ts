import {
  defineModule, EnqueueRouterRef, moduleFactory, QueueServiceRef, StorePoolRef,
  type ModuleUse, type PluginContext, type Registration, type TriggerTypeDefinition,
} from '@motia/engine-core/contract';
import { JobStoreSlot } from './job-store.js';
import { queueOptions, type QueueInput } from './options.js';
import { QueueEngine } from './queue-engine.js';
import { enqueuePayload, registerFunctions } from './queue-functions.js';
import { queueTriggerConfig, type QueueTriggerConfig } from './trigger-config.js';
import { queueVersion } from './version.js';

/** Types of triggers that subscribe to a topic. The second is the name that later versions use. */
const triggerTypes = ['queue', 'durable:subscriber'] as const;

/** `modules::queue::QueueModule`: durable work, delivered at least once. */
export const QueueModule = defineModule({
  name: '@motia/module-queue',
  version: queueVersion,
  contract: 1,
  class: 'modules::queue::QueueModule',
  options: queueOptions,
  triggerTypes,
  optional: { stores: StorePoolRef },
  provides: { queue: QueueServiceRef, router: EnqueueRouterRef },
  async create(ctx, options) {
    const { service: store, supports } = await ctx.adapter(JobStoreSlot, options.adapter);
    const engine = new QueueEngine({ context: ctx, options, store, supports });
    const registrations: Registration[] = [];
    return {
      services: { queue: engine.messages, router: engine.messages },
      async start() {
        await engine.start();
        for (const type of triggerTypes) registrations.push(await ctx.triggers.registerType(triggerType(engine, type)));
        registrations.push(...registerFunctions(ctx.functions, engine.messages, engine.operator));
        registrations.push(...joinTransactions(ctx, engine));
      },
      drain: (deadline) => engine.drain(deadline),
      async stop() {
        for (const registration of registrations.splice(0)) registration.dispose();
        await engine.stop();
      },
    };
  },
});

/** `createEngine({ modules: [queue({ … })] })`. */
export const queue: (options?: QueueInput) => ModuleUse = moduleFactory<QueueInput>(QueueModule);

function triggerType(engine: QueueEngine, type: string): TriggerTypeDefinition<QueueTriggerConfig> {
  return {
    type,
    description: 'Messages of a topic. Each function that subscribes gets every message, at least once.',
    config: queueTriggerConfig,
    apply: (change) => engine.subscriptions.apply(change),
  };
}

/** Lets `enqueue` be part of `engine::transaction`. */
function joinTransactions({ services: { stores } }: Pick<PluginContext<{}, { stores: typeof StorePoolRef }>, 'services'>, engine: QueueEngine): readonly Registration[] {
  if (stores === undefined) return [];
  return [
    stores.join('enqueue', {
      store: () => engine.messages.store,
      run: (payload, { tx, trace, functionId, triggerDepth = 0 }) =>
        enqueuePayload(engine.messages, payload, { tx, triggerDepth, ...(trace === undefined ? {} : { trace }), ...(functionId === undefined ? {} : { producerFunctionId: functionId }) }),
    }),
  ];
}
