import type { SetResult } from './update-op.js';

/** The subscribers that an event goes to: a group, or one item of it. */
export interface StreamChannel {
  readonly groupId: string;
  readonly id?: string;
}

/** An item of a group, with its id. */
export interface StreamItem<T = unknown> {
  readonly id: string;
  readonly value: T;
}
export interface StreamListOptions {
  /** Of one page: 1 to 1000. Default 1000. */
  readonly limit?: number;
  /** From the page before. */
  readonly cursor?: string;
}
export interface StreamPage<T = unknown> {
  /** Oldest first. */
  readonly items: readonly StreamItem<T>[];
  /** Left out on the last page. */
  readonly cursor?: string;
}

/** What a write to a stream changed. The snake_case names are those of older code. */
export interface StreamChange<T = unknown> extends SetResult<T> {
  /** Undefined when the item is new. */
  readonly oldValue?: T | null;
  readonly newValue: T;
}
