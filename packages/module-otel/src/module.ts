import { defineModule, moduleFactory, type ModuleUse, type Registration } from '@motia/engine-core/contract';
import { otelErrors } from './errors.js';
import { otelOptions, type OtelInput } from './options.js';
import { otelVersion } from './version.js';

const greetId = 'otel::greet';

/** Registers `otel::greet`, which answers with a greeting. Replace it by what the module is for. */
export const OtelModule = defineModule({
  name: '@motia/module-otel',
  version: otelVersion,
  contract: 1,
  class: 'modules::otel::OtelModule',
  options: otelOptions,
  async create(ctx, options) {
    let greet: Registration | undefined;
    return {
      services: {},
      async start() {
        greet = ctx.functions.register({ id: greetId, description: 'Greets by name.' }, (payload) => {
          const name = nameIn(payload);
          if (name === undefined) throw otelErrors.NAME_MISSING({ functionId: greetId });
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

/** `createEngine({ modules: [otel({ … })] })`. */
export const otel: (options?: OtelInput) => ModuleUse = moduleFactory<OtelInput>(OtelModule);

function nameIn(payload: unknown): string | undefined {
  if (typeof payload !== 'object' || payload === null || !('name' in payload)) return undefined;
  return typeof payload.name === 'string' ? payload.name : undefined;
}
