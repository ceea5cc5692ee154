/**
 * One change of a stored value. A list of them is applied in order, all or nothing. Paths of several segments reach
 * into nested objects.
 */
export type UpdateOp =
  | { readonly type: 'set'; readonly path: string | readonly string[]; readonly value: unknown }
  | { readonly type: 'merge'; readonly path?: string | readonly string[]; readonly value: Readonly<Record<string, unknown>> }
  | { readonly type: 'increment'; readonly path: string | readonly string[]; readonly by: number }
  | { readonly type: 'decrement'; readonly path: string | readonly string[]; readonly by: number }
  | { readonly type: 'append'; readonly path: string | readonly string[]; readonly value: unknown }
  | { readonly type: 'remove'; readonly path: string | readonly string[] };

/** What a write answers. */
export interface SetResult<T> {
  readonly old_value?: T | null;
  readonly new_value: T;
}
