import { Type, type Static } from '@sinclair/typebox';
import { defineOptions } from '../options/define-options.js';

const entry = Type.Object(
  {
    class: Type.String({ minLength: 1, description: 'Class path of the module, e.g. `modules::api::RestApiModule`.' }),
    config: Type.Optional(Type.Unknown({ description: 'Options of the module; its README lists them.' })),
  },
  { description: 'One module to run. The order matters only where nothing else decides it.' },
);

const fileSchema = Type.Object({
  port: Type.Optional(
    Type.Integer({ minimum: 0, maximum: 65_535, description: 'Port of the socket for remote worker processes: `port` of modules::worker::WorkerModule, which runs then whether or not it is listed.' }),
  ),
  packages: Type.Array(Type.String({ minLength: 1 }), {
    default: [],
    description: 'npm packages, or files relative to this one, that bring modules and adapters with class paths of their own.',
  }),
  modules: Type.Array(entry, { description: 'The modules to run.' }),
});

/** What stands in `config.yaml`, before the modules looked at their own part. */
export type EngineConfig = Static<typeof fileSchema>;
/** The same as a program hands it over. */
export interface EngineConfigInput {
  readonly port?: number;
  readonly packages?: readonly string[];
  readonly modules: readonly { readonly class: string; readonly config?: unknown }[];
}

/** The top level of the file; modules' own options are open here. */
export const fileOptions = defineOptions(fileSchema);
