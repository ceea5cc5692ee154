import { defineModule, moduleFactory, StorePoolRef, StreamServiceRef, type ModuleUse } from '@motia/engine-core/contract';
import { createStreams } from './create-streams.js';
import { streamOptions, type StreamInput } from './options.js';
import { StreamStoreSlot } from './stream-store.js';
import { streamVersion } from './version.js';

/** `modules::stream::StreamModule`: live groups of items, followed over socket.io and plain WebSocket. */
export const StreamModule = defineModule({
  name: '@motia/module-stream',
  version: streamVersion,
  contract: 1,
  class: 'modules::stream::StreamModule',
  options: streamOptions,
  optional: { pool: StorePoolRef },
  provides: { stream: StreamServiceRef },
  triggerTypes: ['stream', 'stream:join', 'stream:leave'],
  async create(ctx, options) {
    const { service: store } = await ctx.adapter(StreamStoreSlot, options.adapter);
    return createStreams(ctx, options, store);
  },
});

/** `createEngine({ modules: [stream({ port: 0 })] })`. */
export const stream: (options?: StreamInput) => ModuleUse = moduleFactory<StreamInput>(StreamModule);
