import { Ajv } from 'ajv';
import type { OptionProblem, OptionsSchema } from '../contract/options.js';
import { engineErrors } from '../errors.js';
import { toOptionProblems } from '../options/option-problems.js';

/** Made on first use: most processes offer no trigger types. */
let compiler: Ajv | undefined;

/**
 * The config schema of a trigger type that a process offers. Its author may use any dialect and any keyword, so unlike
 * our own option schemas unknown ones are not errors, and objects are as open as the schema says.
 * @throws Error when the schema cannot be compiled
 */
export function compileConfigSchema(schema: Readonly<Record<string, unknown>>): OptionsSchema<unknown> {
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
