import { Ajv, type ValidateFunction } from 'ajv';
import { Type, type Static, type TSchema } from '@sinclair/typebox';
import type { OptionProblem, OptionsSchema } from '../contract/options.js';
import { engineErrors } from '../errors.js';
import { applyDefaults } from './apply-defaults.js';
import { closeObjects } from './close-objects.js';
import { toOptionProblems } from './option-problems.js';
import { copyPlainData, freezePlainData } from './plain-data.js';

/** Made on first use: a program that validates nothing does not pay for the compiler. */
let compiler: Ajv | undefined;

function compile(schema: object): ValidateFunction {
  compiler ??= new Ajv({ allErrors: true, verbose: true, strict: true, strictTypes: false, strictTuples: false, strictRequired: false, addUsedSchema: false })
    .addVocabulary(['unit', 'hint', 'secret']);
  return compiler.compile(schema);
}

/**
 * Options as data, from one TypeBox schema.
 *
 * `parse` copies its input, fills in every `default` once, checks, and gives back a deep-frozen result. Keys that the
 * schema does not name are problems, with the nearest known key as suggestion. Three annotations are understood beside
 * those of JSON Schema: `unit` (shown with limits: `'ms'`), `hint` (says in words what is accepted: `'must be …'`)
 * and `secret` (tools that print the effective options leave the value out).
 *
 * @throws MotiaError `MOTIA_ENGINE_OPTIONS_INVALID` from `parse`, holding all problems at once.
 */
export function defineOptions<T extends TSchema>(schema: T): OptionsSchema<Static<T>> {
  const jsonSchema = closeObjects(schema);
  let validate: ValidateFunction | undefined;
  return {
    jsonSchema,
    parse(input: unknown): Static<T> {
      validate ??= compile(jsonSchema);
      const value = applyDefaults(jsonSchema, copyOptions(input ?? emptyOf(jsonSchema)));
      if (!validate(value)) throw optionsInvalid(toOptionProblems(validate.errors ?? []));
      return freezePlainData(value);
    },
  };
}

function copyOptions(input: unknown): unknown {
  try {
    return copyPlainData(input);
  } catch (error) {
    throw optionsInvalid([{ pointer: '', problem: error instanceof Error ? error.message : 'cannot be read' }]);
  }
}

function optionsInvalid(problems: readonly OptionProblem[]): Error {
  return engineErrors.OPTIONS_INVALID({ problems });
}

/** `config:` with nothing under it reads as null and means: all defaults. */
function emptyOf(schema: Readonly<Record<string, unknown>>): unknown {
  return schema['type'] === 'object' || 'allOf' in schema ? {} : undefined;
}

/** Schema of no options at all. */
export const noOptions: OptionsSchema<Readonly<Record<never, never>>> = defineOptions(Type.Object({}));
