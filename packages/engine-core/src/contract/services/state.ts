import type { TraceContext } from '@motia/protocol';
import { defineRef } from '../ref.js';
import type { StoreService, StoreTransaction } from './store.js';

/** On whose behalf a change is made: kept in the history and continued by triggers. */
export interface ChangeOrigin {
  readonly trace?: TraceContext;
  readonly functionId?: string;
  /** How many triggers deep this change is; refused beyond 16. */
  readonly triggerDepth?: number;
}
/** Options of every change. */
export interface ChangeOptions extends ChangeOrigin {
  readonly tx?: StoreTransaction;
}

/** A stored value. A stored null is an entry whose value is null; a missing key is no entry. */
export interface StateEntry {
  readonly scope: string;
  readonly key: string;
  readonly value: unknown;
  /** 1 for the first write of a key, then one more with each. */
  readonly version: number;
  readonly updatedAtMs: number;
  readonly expiresAtMs?: number;
}
export interface StateChange {
  readonly oldValue: unknown;
  readonly newValue: unknown;
  readonly hadValue: boolean;
  readonly version: number;
}
export interface StateWriteOptions extends ChangeOptions {
  /** Refused with `MOTIA_STATE_VERSION_CONFLICT` unless the key has this version; 0 means that it must not exist. */
  readonly ifVersion?: number;
  /** Milliseconds until the key is gone. */
  readonly ttlMs?: number;
}

/** Key-value state, for other modules. Functions `state::*` are the same for users. */
export interface StateService {
  /** Where it is kept, for transactions with others; undefined for stores that have none. */
  readonly store: StoreService | undefined;
  get(scope: string, key: string): Promise<StateEntry | undefined>;
  set(scope: string, key: string, value: unknown, options?: StateWriteOptions): Promise<StateChange>;
  /** `ops` as of `@motia/update-ops`. */
  update(scope: string, key: string, ops: unknown, options?: StateWriteOptions): Promise<StateChange>;
  delete(scope: string, key: string, options?: Omit<StateWriteOptions, 'ttlMs'>): Promise<StateEntry | undefined>;
}
export const StateServiceRef = defineRef<StateService>('state.service');
