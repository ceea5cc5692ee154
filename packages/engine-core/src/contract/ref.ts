declare const carries: unique symbol;

/** A typed name: the only thing a provider and a consumer share. Compared by `id`, never by identity. */
export interface Ref<S> {
  readonly id: string;
  readonly [carries]?: S;
}
export type Refs = Readonly<Record<string, Ref<unknown>>>;
export type Values<R extends Refs> = { readonly [K in keyof R]: R[K] extends Ref<infer S> ? S : never };
/** Optional refs: absent when no loaded module provides them. */
export type OptionalValues<R extends Refs> = { readonly [K in keyof R]?: R[K] extends Ref<infer S> ? S : never };

/** Names a service. Ids read `area.service`, e.g. `rest.server`. */
export function defineRef<S>(id: string): Ref<S> {
  return { id };
}
