import type { SetResult } from './update-op.js';

/** The subscribers that an event goes to: a group, or one item of it. */
export interface StreamChannel {
  readonly groupId: string;
  readonly id?: string;
}

/** What a write to a stream changed. The snake_case names are those of older code. */
export interface StreamChange<T = unknown> extends SetResult<T> {
  /** Undefined when the item is new. */
  readonly oldValue?: T | null;
  readonly newValue: T;
}
