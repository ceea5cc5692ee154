import type { SetResult } from './update-op.js';

/** A stored value with what is known of it. A stored null is an entry whose value is null. */
export interface StateEntry<T = unknown> {
  readonly key: string;
  readonly value: T;
  /** 1 for the first write of the key, then one more with each. */
  readonly version: number;
  /** Epoch milliseconds. */
  readonly updatedAtMs: number;
  /** Epoch milliseconds at which the key is gone. */
  readonly expiresAtMs?: number;
}

/** What a write changed. The snake_case names are those of older code. */
export interface StateChange<T = unknown> extends SetResult<T> {
  /** Undefined when there was none. */
  readonly oldValue?: T | null;
  readonly newValue: T;
  /** Of the key, after this write. */
  readonly version: number;
}

export interface StateWriteOptions {
  /** Refused with `MOTIA_STATE_VERSION_CONFLICT` unless the key has this version; 0: it must not exist. */
  readonly ifVersion?: number;
  /** Milliseconds until the key is gone. Left out: a `set` gives the key no end, an `update` keeps the one it has. Null takes an end back. */
  readonly ttlMs?: number | null;
}

export interface StateListOptions {
  /** Only keys that begin so. */
  readonly prefix?: string;
  /** Of one page. */
  readonly limit?: number;
  /** From the page before. */
  readonly cursor?: string;
}
export interface StatePage<T = unknown> {
  readonly items: readonly StateEntry<T>[];
  /** Left out on the last page. */
  readonly cursor?: string;
}

export type StateHistoryOptions = Omit<StateListOptions, 'prefix'>;
/** One operation on a key. */
export interface StateHistoryEntry<T = unknown> {
  readonly seq: number;
  readonly operation: 'set' | 'update' | 'delete' | 'expire' | (string & Record<never, never>);
  /** Left out when there was no value, or it is not kept any more: `isBeforeUnknown` tells. */
  readonly before?: T | null;
  readonly after?: T | null;
  /** Of an update. */
  readonly ops?: readonly unknown[];
  readonly isBeforeUnknown?: boolean;
  readonly isAfterUnknown?: boolean;
  readonly version: number;
  /** Epoch milliseconds. */
  readonly atMs: number;
  readonly traceId?: string;
  /** Whose handler made it. */
  readonly functionId?: string;
}
export interface StateHistory<T = unknown> {
  /** Newest first. */
  readonly entries: readonly StateHistoryEntry<T>[];
  /** Older operations were forgotten. */
  readonly isTruncated: boolean;
  /** Left out on the last page. */
  readonly cursor?: string;
}
