/**
 * The parameters of a path literal: `/users/:id/files/*path` gives `{ id: string; path: string }`. A parameter is a whole
 * segment. A path that is not a literal gives any names.
 */
export type PathParams<P extends string> = string extends P ? Record<string, string> : { readonly [K in Names<P>]: string };

type Names<P extends string> = P extends `${infer Segment}/${infer Rest}` ? NameOf<Segment> | Names<Rest> : NameOf<P>;
type NameOf<S extends string> = S extends `:${infer Name}` | `*${infer Name}` ? Name : never;
