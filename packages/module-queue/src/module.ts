import { defineModule, moduleFactory, type ModuleUse, type Registration } from '@motia/engine-core/contract';
import { queueErrors } from './errors.js';
import { queueOptions, type QueueInput } from './options.js';
import { queueVersion } from './version.js';

const greetId = 'queue::greet';

/** Registers `queue::greet`, which answers with a greeting. Replace it by what the module is for. */
export const QueueModule = defineModule({
  name: '@motia/module-queue',
  version: queueVersion,
  contract: 1,
  class: 'modules::queue::QueueModule',
  options: queueOptions,
  async create(ctx, options) {
    let greet: Registration | undefined;
    return {
      services: {},
      async start() {
        greet = ctx.functions.register({ id: greetId, description: 'Greets by name.' }, (payload) => {
          const name = nameIn(payload);
          if (name === undefined) throw queueErrors.NAME_MISSING({ functionId: greetId });
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

/** `createEngine({ modules: [queue({ … })] })`. */
export const queue: (options?: QueueInput) => ModuleUse = moduleFactory<QueueInput>(QueueModule);

function nameIn(payload: unknown): string | undefined {
  if (typeof payload !== 'object' || payload === null || !('name' in payload)) return undefined;
  return typeof payload.name === 'string' ? payload.name : undefined;
}
