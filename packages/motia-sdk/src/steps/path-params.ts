/** The parameters of a path literal: `/users/:id/posts/:post` gives `{ id: string; post: string }`. */
export type PathParams<P extends string> = string extends P
  ? Record<string, string>
  : P extends `${string}*${string}`
    ? Named<P> & Record<string, string>
    : Named<P>;

type Named<P extends string> = { readonly [K in Names<P>]: string };
type Names<P extends string> = P extends `${infer Segment}/${infer Rest}` ? NamesInSegment<Segment> | Names<Rest> : NamesInSegment<P>;
type NamesInSegment<S extends string> = S extends `${string}:${infer Rest}` ? UpToDelimiter<Rest> | NamesInSegment<Rest> : never;
type UpToDelimiter<S extends string> = S extends `${infer A}.${string}`
  ? UpToDelimiter<A>
  : S extends `${infer A}-${string}`
    ? UpToDelimiter<A>
    : S extends `${infer A}:${string}`
      ? A
      : S;
