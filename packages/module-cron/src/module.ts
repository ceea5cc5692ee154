import { defineModule, moduleFactory, type ModuleUse, type Registration } from '@motia/engine-core/contract';
import { cronOptions, type CronInput } from './options.js';
import { cronVersion } from './version.js';

const greetId = 'cron::greet';

/** Registers `cron::greet`, which answers with a greeting. Replace it by what the module is for. */
export const CronModule = defineModule({
  name: '@motia/module-cron',
  version: cronVersion,
  contract: 1,
  class: 'modules::cron::CronModule',
  options: cronOptions,
  async create(ctx, options) {
    let greet: Registration | undefined;
    return {
      services: {},
      async start() {
        greet = ctx.functions.register({ id: greetId, description: 'Greets by name.' }, (payload) => {
          const name = nameIn(payload);
          return { text: `${options.greeting} ${name ?? 'you'}` };
        });
      },
      async stop() {
        greet?.dispose();
        greet = undefined;
      },
    };
  },
});

/** `createEngine({ modules: [cron({ … })] })`. */
export const cron: (options?: CronInput) => ModuleUse = moduleFactory<CronInput>(CronModule);

function nameIn(payload: unknown): string | undefined {
  if (typeof payload !== 'object' || payload === null || !('name' in payload)) return undefined;
  return typeof payload.name === 'string' ? payload.name : undefined;
}
