import type { JsonSchemaObject, StepSchemaInput, TypedJsonSchema } from './standard-schema.js';

/** `input` describes what a caller sends, `output` what is there after defaults and transforms. */
export type SchemaSide = 'input' | 'output';

interface JsonCapable {
  readonly jsonSchema: Record<SchemaSide, (options: { target: string; libraryOptions?: unknown }) => unknown>;
}
interface ZodInternals {
  readonly def: { readonly type?: string; readonly coerce?: boolean; readonly in?: { readonly _zod?: ZodInternals } };
}
type ToJsonSchema = (schema: unknown, options: object) => unknown;

const target = 'draft-07';

/**
 * What a coerced or preprocessed value looks like before is not expressible: such places accept anything here and are
 * judged by the schema itself.
 */
const lenientZod = {
  unrepresentable: 'any',
  override: (context: { zodSchema: { _zod?: ZodInternals }; jsonSchema: Record<string, unknown> }): void => {
    const def = context.zodSchema._zod?.def;
    if (def === undefined) return;
    if (def.coerce === true || (def.type === 'pipe' && def.in?._zod?.def.type === 'transform')) {
       
      for (const key of Object.keys(context.jsonSchema)) delete context.jsonSchema[key];
    }
  },
};

/** True when the schema is JSON Schema already. */
export function isJsonSchema(schema: unknown): schema is JsonSchemaObject {
  return typeof schema === 'object' && schema !== null && !('~standard' in schema) && !('_def' in schema) && !('_zod' in schema) && typeof (schema as { safeParse?: unknown }).safeParse !== 'function';
}

/** The JSON Schema form without loading anything; undefined when the schema offers none. */
export function jsonFormNow(schema: unknown, side: SchemaSide): JsonSchemaObject | undefined {
  if (isJsonSchema(schema)) return schema;
  const standard = (schema as { '~standard'?: Partial<JsonCapable> & { vendor?: string } })['~standard'];
  if (standard?.jsonSchema !== undefined) {
    const options = standard.vendor === 'zod' ? { target, libraryOptions: lenientZod } : { target };
    return attempt(() => standard.jsonSchema?.[side](options));
  }
  const own = (schema as { toJsonSchema?: () => unknown }).toJsonSchema;
  return typeof own === 'function' ? attempt(() => own.call(schema)) : undefined;
}

/** The JSON Schema form, with the help of the installed zod (4.0, 4.1) or zod-to-json-schema (zod 3). */
export async function jsonForm(schema: StepSchemaInput, side: SchemaSide): Promise<JsonSchemaObject | undefined> {
  const now = jsonFormNow(schema, side);
  if (now !== undefined) return now;
  if ('_zod' in schema) {
    const zod = (await optional(() => import('zod'))) as { toJSONSchema?: ToJsonSchema } | undefined;
    return attempt(() => zod?.toJSONSchema?.(schema, { target, io: side, ...lenientZod }));
  }
  if ('_def' in schema) {
    const converter = (await optional(() => import('zod-to-json-schema'))) as { zodToJsonSchema?: ToJsonSchema } | undefined;
    return attempt(() => converter?.zodToJsonSchema?.(schema, { target: 'jsonSchema7', pipeStrategy: side, effectStrategy: side === 'input' ? 'input' : 'any', $refStrategy: 'none' }));
  }
  return undefined;
}

/**
 * Turns a zod or Standard Schema into JSON Schema that keeps its type. A schema that has no JSON form at this moment is
 * given back as it is: it is then converted when the Step registers, or run in the SDK process.
 */
export function jsonSchema<S extends StepSchemaInput>(schema: S): TypedJsonSchema<S extends { readonly '~standard': { readonly types?: infer T } } ? (NonNullable<T> extends { readonly output: infer O } ? O : unknown) : S extends { readonly _output: infer O } ? O : unknown> {
  return (jsonFormNow(schema, 'output') ?? schema) as never;
}

function attempt(convert: () => unknown): JsonSchemaObject | undefined {
  try {
    const converted = convert();
    return typeof converted === 'object' && converted !== null ? (converted as JsonSchemaObject) : undefined;
  } catch {
    // A schema that cannot be expressed is not an error: it runs in this process instead.
    return undefined;
  }
}

async function optional(load: () => Promise<unknown>): Promise<unknown> {
  try {
    return await load();
  } catch {
    return undefined;
  }
}
