import { defineModule, moduleFactory, type ModuleUse, type Registration } from '@motia/engine-core/contract';
import { pubsubErrors } from './errors.js';
import { pubsubOptions, type PubsubInput } from './options.js';
import { pubsubVersion } from './version.js';

const greetId = 'pubsub::greet';

/** Registers `pubsub::greet`, which answers with a greeting. Replace it by what the module is for. */
export const PubsubModule = defineModule({
  name: '@motia/module-pubsub',
  version: pubsubVersion,
  contract: 1,
  class: 'modules::pubsub::PubsubModule',
  options: pubsubOptions,
  async create(ctx, options) {
    let greet: Registration | undefined;
    return {
      services: {},
      async start() {
        greet = ctx.functions.register({ id: greetId, description: 'Greets by name.' }, (payload) => {
          const name = nameIn(payload);
          if (name === undefined) throw pubsubErrors.NAME_MISSING({ functionId: greetId });
          return { text: `${options.greeting} ${name}` };
        });
      },
      async stop() {
        greet?.dispose();
        greet = undefined;
      },
    };
  },
});

/** `createEngine({ modules: [pubsub({ … })] })`. */
export const pubsub: (options?: PubsubInput) => ModuleUse = moduleFactory<PubsubInput>(PubsubModule);

function nameIn(payload: unknown): string | undefined {
  if (typeof payload !== 'object' || payload === null || !('name' in payload)) return undefined;
  return typeof payload.name === 'string' ? payload.name : undefined;
}
