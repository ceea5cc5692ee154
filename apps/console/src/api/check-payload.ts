import { compileOpenSchema } from '@motia/engine-core';
import { isMotiaError, type FunctionInfo, type OptionProblem, type OptionsSchema } from '@motia/engine-core/contract';
import { consoleErrors } from '../errors.js';

/** Compiled once for each schema; undefined for one that cannot be compiled: then the function itself has the word. */
const compiled = new WeakMap<object, OptionsSchema<unknown> | undefined>();

/**
 * Compares a payload with what its function says that it takes, before anything is called. What functions of HTTP routes
 * declare is the body of the request that they get.
 * @throws `MOTIA_CONSOLE_BODY_INVALID` with the place of each problem
 */
export function checkPayload({ id, requestSchema }: Pick<FunctionInfo, 'id' | 'requestSchema'>, payload: unknown, isHttp: boolean): void {
  const schema = typeof requestSchema === 'object' ? schemaOf(requestSchema) : undefined;
  if (schema === undefined) return;
  const value = isHttp ? (payload as { readonly body?: unknown } | null | undefined)?.body : payload;
  try {
    schema.parse(value);
  } catch (error) {
    if (!isMotiaError(error, 'MOTIA_ENGINE_OPTIONS_INVALID')) throw error;
    const { problems } = error.details as { readonly problems: readonly OptionProblem[] };
    const place = isHttp ? '/payload/body' : '/payload';
    throw consoleErrors.BODY_INVALID({ reason: `the payload is not what ${id} takes`, problems: problems.map(({ pointer, problem }) => ({ pointer: `${place}${pointer}`, problem })) });
  }
}

function schemaOf(schema: Readonly<Record<string, unknown>>): OptionsSchema<unknown> | undefined {
  if (compiled.has(schema)) return compiled.get(schema);
  let made: OptionsSchema<unknown> | undefined;
  try {
    made = compileOpenSchema(schema);
  } catch {
    made = undefined;
  }
  compiled.set(schema, made);
  return made;
}
