import { Ajv } from 'ajv';
import type { OptionProblem, OptionsSchema } from '../contract/options.js';
import { engineErrors } from '../errors.js';
import { toOptionProblems } from './option-problems.js';

/** Made on first use: most programs never check one. */
let compiler: Ajv | undefined;

/**
 * A schema that a process brought: of the config of a trigger type that it offers, or of what its functions take. Its author
 * may use any dialect and any keyword, so unlike in our own option schemas unknown ones are not errors, and objects are as open
 * as the schema says. `parse` leaves its input as it is and throws `MOTIA_ENGINE_OPTIONS_INVALID`.
 * @throws Error when the schema cannot be compiled
 */
export function compileOpenSchema(schema: Readonly<Record<string, unknown>>): OptionsSchema<unknown> {
  compiler ??= new Ajv({ allErrors: true, verbose: true, strict: false, validateSchema: false, validateFormats: false, useDefaults: true, addUsedSchema: false });
  const validate = compiler.compile(schema);
  return {
    jsonSchema: schema,
    parse(input) {
      const value = structuredClone(input);
      if (validate(value)) return value;
      const problems: readonly OptionProblem[] = toOptionProblems(validate.errors ?? []);
      throw engineErrors.OPTIONS_INVALID({ problems });
    },
  };
}
