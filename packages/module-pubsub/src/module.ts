import { defineModule, moduleFactory, PubSubServiceRef, type ModuleUse, type Registration } from '@motia/engine-core/contract';
import { Deliveries } from './deliveries.js';
import { MessageBusSlot } from './message-bus.js';
import { pubsubOptions, type PubSubInput } from './options.js';
import { Publisher } from './publisher.js';
import { Subscribers } from './subscribers.js';
import { subscribeConfig } from './trigger-config.js';
import { pubsubVersion } from './version.js';

/** `modules::pubsub::PubSubModule`: messages to whoever listens now, at most once. */
export const PubSubModule = defineModule({
  name: '@motia/module-pubsub',
  version: pubsubVersion,
  contract: 1,
  class: 'modules::pubsub::PubSubModule',
  options: pubsubOptions,
  provides: { pubsub: PubSubServiceRef },
  triggerTypes: ['subscribe'],
  async create(ctx, options) {
    const { triggers, functions, logger, telemetry } = ctx;
    const { service: bus } = await ctx.adapter(MessageBusSlot, options.adapter);
    const deliveries = new Deliveries({ triggers, logger, meter: telemetry.meter });
    const publisher = new Publisher(bus, telemetry);
    const subscribers = new Subscribers(bus, (trigger, message) => deliveries.deliver(trigger, message));
    const registrations: Registration[] = [];
    return {
      services: { pubsub: publisher },
      async start() {
        publisher.open();
        registrations.push(
          functions.register(
            { id: 'publish', description: 'Sends a message to everyone who is subscribed to its topic now', requestSchema: { type: 'object', required: ['topic'], properties: { topic: { type: 'string' }, data: true } } },
            (payload, { trace, triggerDepth = 0 }) => publisher.call(payload, { trace, triggerDepth }),
          ),
          await triggers.registerType({ type: 'subscribe', description: 'Messages of a topic, at most once', config: subscribeConfig, apply: (change) => subscribers.apply(change) }),
        );
      },
      // Publishing goes on: what other modules finish meanwhile may have something to say.
      async drain(deadline) {
        await deliveries.idle(deadline);
      },
      async stop() {
        publisher.close();
        for (const registration of registrations.splice(0)) registration.dispose();
        subscribers.dispose();
      },
    };
  },
});

/** `createEngine({ modules: [pubsub()] })`. */
export const pubsub: (options?: PubSubInput) => ModuleUse = moduleFactory<PubSubInput>(PubSubModule);
