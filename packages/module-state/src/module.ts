import { defineModule, moduleFactory, type ModuleUse, type Registration } from '@motia/engine-core/contract';
import { stateErrors } from './errors.js';
import { stateOptions, type StateInput } from './options.js';
import { stateVersion } from './version.js';

const greetId = 'state::greet';

/** Registers `state::greet`, which answers with a greeting. Replace it by what the module is for. */
export const StateModule = defineModule({
  name: '@motia/module-state',
  version: stateVersion,
  contract: 1,
  class: 'modules::state::StateModule',
  options: stateOptions,
  async create(ctx, options) {
    let greet: Registration | undefined;
    return {
      services: {},
      async start() {
        greet = ctx.functions.register({ id: greetId, description: 'Greets by name.' }, (payload) => {
          const name = nameIn(payload);
          if (name === undefined) throw stateErrors.NAME_MISSING({ functionId: greetId });
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

/** `createEngine({ modules: [state({ … })] })`. */
export const state: (options?: StateInput) => ModuleUse = moduleFactory<StateInput>(StateModule);

function nameIn(payload: unknown): string | undefined {
  if (typeof payload !== 'object' || payload === null || !('name' in payload)) return undefined;
  return typeof payload.name === 'string' ? payload.name : undefined;
}
