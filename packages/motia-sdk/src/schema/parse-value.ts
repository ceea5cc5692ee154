import type { InputProblem } from '../errors.js';
import type { StandardResult, StepSchemaInput } from './standard-schema.js';
import { isJsonSchema } from './json-form.js';

export type ParseOutcome = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly problems: readonly InputProblem[] };
/** Runs a schema's own parse. */
export type Parse = (value: unknown) => ParseOutcome | Promise<ParseOutcome>;

/** The parse of a zod or Standard Schema; undefined for JSON Schema, which the engine checks. */
export function parserOf(schema: StepSchemaInput): Parse | undefined {
  if (isJsonSchema(schema)) return undefined;
  if ('~standard' in schema) {
    const standard = (schema)['~standard'];
    return (value) => {
      const result = standard.validate(value);
      return result instanceof Promise ? result.then(toOutcome) : toOutcome(result);
    };
  }
  const zod = schema as { safeParse(value: unknown): { success: boolean; data?: unknown; error?: { issues?: { message: string; path?: PropertyKey[] }[] } } };
  return (value) => {
    const result = zod.safeParse(value);
    return result.success ? { ok: true, value: result.data } : toOutcome({ issues: result.error?.issues ?? [] });
  };
}

function toOutcome(result: StandardResult<unknown>): ParseOutcome {
  if (result.issues === undefined) return { ok: true, value: result.value };
  return { ok: false, problems: result.issues.map((issue) => ({ path: pointer(issue.path ?? []), problem: issue.message })) };
}

function pointer(path: readonly (PropertyKey | { readonly key: PropertyKey })[]): string {
  return path.map((part) => `/${String(typeof part === 'object' ? part.key : part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}
