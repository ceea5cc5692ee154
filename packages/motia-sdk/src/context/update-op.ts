export type { UpdateOp, UpdatePath } from '@motia/update-ops';

/** What a write answers, in the names of older code. */
export interface SetResult<T> {
  readonly old_value?: T | null;
  readonly new_value: T;
}
