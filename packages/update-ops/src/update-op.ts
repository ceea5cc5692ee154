/**
 * Where an operation works. A string is one literal top-level key: dots and slashes in it mean nothing. An array is the
 * way into nested objects, one literal key per segment. `''` and `[]` are the whole value.
 */
export type UpdatePath = string | readonly string[];

/** One change of a JSON value, as callers write it. A list of them is applied in order, all or nothing. */
export type UpdateOp =
  | { readonly type: 'set'; readonly path: UpdatePath; readonly value: unknown }
  | { readonly type: 'merge'; readonly path?: UpdatePath; readonly value: Readonly<Record<string, unknown>> }
  | { readonly type: 'increment'; readonly path: UpdatePath; readonly by: number }
  | { readonly type: 'decrement'; readonly path: UpdatePath; readonly by: number }
  | { readonly type: 'append'; readonly path?: UpdatePath; readonly value: unknown }
  | { readonly type: 'remove'; readonly path: UpdatePath };
export type UpdateOpType = UpdateOp['type'];

/** An operation that was checked: its path as segments, its value as plain JSON. Survives a structured clone. */
export type CheckedUpdateOp =
  | { readonly type: 'set' | 'append'; readonly path: readonly string[]; readonly value: unknown }
  | { readonly type: 'merge'; readonly path: readonly string[]; readonly value: Readonly<Record<string, unknown>> }
  | { readonly type: 'increment' | 'decrement'; readonly path: readonly string[]; readonly by: number }
  | { readonly type: 'remove'; readonly path: readonly string[] };

/** Why a list of operations was refused. Nothing of it was applied. */
export interface UpdateProblem {
  /** `<operation>.<condition>`: `merge.target_not_object`. `ops.…` when the list itself is wrong. */
  readonly code: string;
  /** A sentence, without values of the item. */
  readonly message: string;
  /** Place of the operation in the list, from 0. Absent when the list itself is wrong. */
  readonly opIndex?: number;
}

/** Limits of every list of operations. */
export const updateLimits = {
  /** Operations in one list. */
  maxOps: 1024,
  /** Segments of a path. */
  maxPathDepth: 32,
  /** Bytes of one segment in UTF-8. */
  maxSegmentBytes: 256,
  /** Objects and arrays inside each other in what `merge` brings. */
  maxMergeDepth: 16,
  /** Keys that one `merge` brings at its top level. */
  maxMergeKeys: 1024,
  /** Objects and arrays inside each other in an item. */
  maxValueDepth: 64,
} as const;

/** Keys that no path and no merge may name: code that copies objects key by key would be led to prototypes. */
export const forbiddenKeys: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);
