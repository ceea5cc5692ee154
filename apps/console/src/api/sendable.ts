/** What JSON makes a `T` of: members that may be missing may be undefined, and nobody writes to it. */
export type Sendable<T> = T extends readonly (infer I)[]
  ? readonly Sendable<I>[]
  : T extends object
    ? { readonly [K in keyof T as undefined extends T[K] ? never : K]: Sendable<T[K]> } & { readonly [K in keyof T as undefined extends T[K] ? K : never]?: Sendable<T[K]> | undefined }
    : T;
