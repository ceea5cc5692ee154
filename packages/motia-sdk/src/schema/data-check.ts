import type { InputProblem } from '../errors.js';
import { jsonSchemaParser } from './json-schema-parser.js';
import { parserOf, type Parse } from './parse-value.js';
import type { JsonSchemaObject, StepSchemaInput } from './standard-schema.js';

/** Gives what is wrong with a value; undefined when it fits. */
export type DataCheck = (value: unknown) => Promise<readonly InputProblem[] | undefined>;

const parsers = new WeakMap<object, Promise<Parse>>();

/** The parse of any schema, JSON Schema included; made once for each. @throws Error when a JSON Schema cannot be compiled */
export function schemaParser(schema: StepSchemaInput): Promise<Parse> {
  let parser = parsers.get(schema);
  if (parser === undefined) {
    const own = parserOf(schema);
    parser = own === undefined ? jsonSchemaParser(schema as JsonSchemaObject) : Promise.resolve(own);
    parsers.set(schema, parser);
  }
  return parser;
}

/** A check that changes nothing. A stream without a schema takes everything. */
export function dataCheck(schema: StepSchemaInput | undefined): DataCheck {
  return async (value) => {
    if (schema === undefined) return undefined;
    const outcome = await (await schemaParser(schema))(value);
    return outcome.ok ? undefined : outcome.problems;
  };
}
