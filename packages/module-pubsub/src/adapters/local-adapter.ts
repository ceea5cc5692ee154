import { noOptions } from '@motia/engine-core';
import { defineAdapter } from '@motia/engine-core/contract';
import { MessageBusSlot } from '../message-bus.js';
import { pubsubVersion } from '../version.js';
import { LocalBus } from './local-bus.js';

/** `modules::pubsub::LocalAdapter`: subscribers of this engine, whatever processes serve them. */
export const LocalAdapter = defineAdapter({
  name: '@motia/module-pubsub/local',
  version: pubsubVersion,
  contract: 1,
  class: 'modules::pubsub::LocalAdapter',
  slot: MessageBusSlot,
  capabilities: [],
  options: noOptions,
  async create() {
    return { service: new LocalBus() };
  },
});
