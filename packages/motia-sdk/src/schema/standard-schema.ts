/**
 * The part of the Standard Schema interface (standardschema.dev, version 1) that we use. zod ≥ 3.24, valibot, arktype
 * and others implement it.
 */
export interface StandardSchema<Input = unknown, Output = Input> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => StandardResult<Output> | Promise<StandardResult<Output>>;
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
  };
}
export type StandardResult<Output> = { readonly value: Output; readonly issues?: undefined } | { readonly issues: readonly StandardIssue[] };
export interface StandardIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** zod before 3.24: no Standard Schema, but typed and able to parse. */
export interface ZodLikeSchema<Output = unknown> {
  readonly _output: Output;
  readonly _input: unknown;
  safeParse(value: unknown): unknown;
}

/** JSON Schema as an object literal. */
export type JsonSchemaObject = Readonly<Record<string, unknown>>;

/** JSON Schema that remembers the type it was made from. */
export type TypedJsonSchema<T = unknown> = JsonSchemaObject & { readonly __phantomType?: T };

/** What a trigger accepts as a schema: zod, any Standard Schema, or JSON Schema. */
export type StepSchemaInput = StandardSchema | ZodLikeSchema | JsonSchemaObject;
