import type { StandardSchema } from './standard-schema.js';

/** What a handler gets for a schema: the parsed output. `unknown` when the schema carries no type. */
export type InferSchema<S> = '__phantomType' extends keyof S
  ? S extends { readonly __phantomType?: infer T }
    ? T
    : unknown
  : S extends StandardSchema
    ? NonNullable<S['~standard']['types']> extends { readonly output: infer Output }
      ? Output
      : unknown
    : S extends { readonly _output: infer Output }
      ? Output
      : FromJsonSchema<S>;

/** What may be handed to a schema: used for results, which are checked before they are sent. */
export type InferSchemaInput<S> = S extends StandardSchema
  ? NonNullable<S['~standard']['types']> extends { readonly input: infer Input }
    ? Input
    : unknown
  : S extends { readonly _input: infer Input }
    ? Input
    : InferSchema<S>;

/** The type of a JSON Schema written as a literal (`as const`): type, properties, required, items, enum, const, anyOf, oneOf, allOf. */
export type FromJsonSchema<S> = S extends { readonly const: infer C }
  ? C
  : S extends { readonly enum: readonly (infer E)[] }
    ? E
    : S extends { readonly anyOf: readonly (infer U)[] }
      ? FromJsonSchema<U>
      : S extends { readonly oneOf: readonly (infer U)[] }
        ? FromJsonSchema<U>
        : S extends { readonly allOf: readonly [infer Head, ...infer Tail] }
          ? FromJsonSchema<Head> & (Tail extends readonly [] ? unknown : FromJsonSchema<{ readonly allOf: Tail }>)
          : S extends { readonly type: infer T }
            ? T extends readonly (infer U)[]
              ? FromTypeName<U, S>
              : FromTypeName<T, S>
            : unknown;

type FromTypeName<T, S> = T extends 'string'
  ? string
  : T extends 'number' | 'integer'
    ? number
    : T extends 'boolean'
      ? boolean
      : T extends 'null'
        ? null
        : T extends 'array'
          ? S extends { readonly items: infer Items }
            ? FromJsonSchema<Items>[]
            : unknown[]
          : T extends 'object'
            ? FromObject<S>
            : unknown;

type FromObject<S> = S extends { readonly properties: infer P }
  ? Flatten<{ [K in RequiredKeys<S, P>]: FromJsonSchema<P[K]> } & { [K in Exclude<keyof P, RequiredKeys<S, P>>]?: FromJsonSchema<P[K]> }>
  : S extends { readonly additionalProperties: infer A extends object }
    ? Record<string, FromJsonSchema<A>>
    : Record<string, unknown>;

type RequiredKeys<S, P> = S extends { readonly required: readonly (infer R)[] } ? Extract<keyof P, R> : never;
type Flatten<T> = { [K in keyof T]: T[K] };
