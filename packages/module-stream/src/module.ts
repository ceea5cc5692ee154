import { defineModule, moduleFactory, type ModuleUse, type Registration } from '@motia/engine-core/contract';
import { streamErrors } from './errors.js';
import { streamOptions, type StreamInput } from './options.js';
import { streamVersion } from './version.js';

const greetId = 'stream::greet';

/** Registers `stream::greet`, which answers with a greeting. Replace it by what the module is for. */
export const StreamModule = defineModule({
  name: '@motia/module-stream',
  version: streamVersion,
  contract: 1,
  class: 'modules::stream::StreamModule',
  options: streamOptions,
  async create(ctx, options) {
    let greet: Registration | undefined;
    return {
      services: {},
      async start() {
        greet = ctx.functions.register({ id: greetId, description: 'Greets by name.' }, (payload) => {
          const name = nameIn(payload);
          if (name === undefined) throw streamErrors.NAME_MISSING({ functionId: greetId });
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

/** `createEngine({ modules: [stream({ … })] })`. */
export const stream: (options?: StreamInput) => ModuleUse = moduleFactory<StreamInput>(StreamModule);

function nameIn(payload: unknown): string | undefined {
  if (typeof payload !== 'object' || payload === null || !('name' in payload)) return undefined;
  return typeof payload.name === 'string' ? payload.name : undefined;
}
