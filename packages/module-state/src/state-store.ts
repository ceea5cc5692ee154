import type { AdapterSlot, StorePool, StoreService, StoreTransaction, TraceContext } from '@motia/engine-core/contract';
import type { ClaimedCall, ClaimTerms, DueCalls, DueTrigger } from '@motia/store-sqlite/outbox';
import type { CheckedUpdateOp } from '@motia/update-ops';

/** A value as it is kept: JSON text, so that nobody parses what is only passed on. */
export interface StoredEntry {
  readonly key: string;
  readonly json: string;
  readonly version: number;
  readonly updatedAtMs: number;
  readonly expiresAtMs?: number;
}

export interface HistoryLimits {
  /** 0: nothing is written down. */
  readonly maxEntriesPerKey: number;
  readonly maxBytesPerKey: number;
  readonly maxBytes: number;
}

/** What is to happen to a key. */
export type StateChangeRequest =
  | { readonly kind: 'set'; readonly json: string }
  | { readonly kind: 'update'; readonly ops: readonly CheckedUpdateOp[] }
  | { readonly kind: 'delete' };

export interface StateWrite {
  readonly scope: string;
  readonly key: string;
  readonly change: StateChangeRequest;
  /** The key must have this version; 0: it must not exist. */
  readonly ifVersion?: number;
  /** Milliseconds until the key is gone; null: never. Left out, `set` means never and `update` leaves it as it is. */
  readonly ttlMs?: number | null;
  readonly maxValueBytes: number;
  readonly history: HistoryLimits;
  /** Kept in the history. */
  readonly origin: { readonly traceId?: string; readonly functionId?: string };
  /** Triggers that the change concerns, if it changes anything. */
  readonly due: DueRequest;
}
export interface DueRequest {
  readonly triggers: readonly DueTrigger[];
  readonly trace?: TraceContext;
  readonly triggerDepth: number;
  readonly claim?: ClaimTerms;
}

export interface StateWritten {
  /** Undefined when the key did not exist. */
  readonly before: StoredEntry | undefined;
  /** Undefined when it does not exist any more. */
  readonly after: StoredEntry | undefined;
  /** Of the change: that of `after`; a deletion counts too. 0 when there was nothing to delete. */
  readonly version: number;
  readonly claimed: readonly ClaimedCall[];
}

/** A `state` trigger as stores match it: what it leaves open fits everything. */
export interface StateSubscription extends DueTrigger {
  readonly scope?: string;
  readonly key?: string;
}

export interface ExpireRequest {
  readonly limit: number;
  readonly history: HistoryLimits;
  readonly subscriptions: readonly StateSubscription[];
}
export interface Expired {
  /** Keys that went. Equal to the limit: there may be more. */
  readonly count: number;
}

export interface StateListQuery {
  readonly scope: string;
  readonly prefix: string;
  /** Keys after this one. */
  readonly after?: string;
  readonly limit: number;
  /** A page ends when its JSON reaches this size; it holds one entry at least. */
  readonly maxBytes: number;
}
export interface StateListPage {
  readonly entries: readonly StoredEntry[];
  readonly hasMore: boolean;
}
export interface StateScopesQuery {
  readonly prefix: string;
  readonly after?: string;
  readonly limit: number;
}

export interface StateHistoryQuery {
  /** Left out with `key`: changes of all keys. */
  readonly scope?: string;
  readonly key?: string;
  /** Changes before this one. */
  readonly beforeSeq?: number;
  readonly limit: number;
}
export interface StateHistoryEntry {
  readonly seq: number;
  readonly scope: string;
  readonly key: string;
  readonly op: 'set' | 'update' | 'delete' | 'expire';
  readonly version: number;
  readonly atMs: number;
  readonly traceId?: string;
  readonly functionId?: string;
  /** JSON of the value before and after; left out where there was none. */
  readonly before?: string;
  readonly after?: string;
  /** JSON of the operations of an update. */
  readonly ops?: string;
  /** True when what stood there before is not known any more: its change was trimmed, too large or damaged. */
  readonly isBeforeUnknown?: boolean;
  /** True when the value was too large to be kept, or is damaged. */
  readonly isAfterUnknown?: boolean;
}
export interface StateHistoryPage {
  /** Newest first. */
  readonly entries: readonly StateHistoryEntry[];
  readonly hasMore: boolean;
  /** Older changes are not kept any more. */
  readonly isTruncated: boolean;
}

/**
 * Where state is kept. Invariants, proven by the suite of `@motia/module-state/testing`:
 *
 * - Changes of one key have one order; each sees what the one before it left, and adds 1 to the version, deletions and expiries included.
 * - A change is kept as a whole or not at all: value, history and due calls together. Its promise resolves when it is as durable as the
 *   store promises, and what was resolved is seen by every later read.
 * - A key whose time has come does not exist for anybody, whether it was swept or not. Its end is a change of its own, with history and due calls; whoever
 *   meets it first makes it.
 * - Keys are ordered by their UTF-8 bytes.
 *
 * Nothing here assumes one process: who shares the store with others claims due calls with leases.
 */
export interface StateStore {
  /** For transactions with others; undefined where there are none. */
  readonly service: StoreService | undefined;
  readonly pool: Pick<StorePool, 'join'> | undefined;
  /** Calls that changes owe to triggers. */
  readonly dueCalls: DueCalls;
  /** The entry, where it is at hand without waiting: what `get` would answer. Undefined otherwise, whether it exists or not. Left out by stores that have nothing at hand. */
  recall?(scope: string, key: string): StoredEntry | undefined;
  /** @throws `MOTIA_STATE_VALUE_CORRUPT` */
  get(scope: string, key: string): Promise<StoredEntry | undefined>;
  /**
   * Hands the change over before it returns.
   * @throws `MOTIA_STATE_VERSION_CONFLICT`, `MOTIA_STATE_UPDATE_REFUSED`, `MOTIA_STATE_VALUE_TOO_LARGE`, `MOTIA_STATE_VALUE_CORRUPT`
   */
  write(write: StateWrite, tx?: StoreTransaction): Promise<StateWritten>;
  list(query: StateListQuery): Promise<StateListPage>;
  /** Scopes that hold something, sorted. */
  scopes(query: StateScopesQuery): Promise<{ readonly scopes: readonly string[]; readonly hasMore: boolean }>;
  history(query: StateHistoryQuery): Promise<StateHistoryPage>;
  /** Epoch milliseconds of the next key that expires. */
  nextExpiryAtMs(): Promise<number | undefined>;
  /** Ends keys whose time has come. */
  expire(request: ExpireRequest): Promise<Expired>;
}

/** What a store can do beyond the invariants. */
export type StateStoreCapability =
  /** What was acknowledged is there after a restart. */
  | 'durable'
  /** Changes can be committed together with those of other modules. */
  | 'transactions'
  /** Several engines may use it at the same time. */
  | 'shared';

/** The hole in the state module that adapters fill. `service` is usable once the adapter has started. */
export const StateStoreSlot: AdapterSlot<StateStore, StateStoreCapability> = {
  id: 'state.store',
  capabilities: ['durable', 'transactions', 'shared'],
  fallback: 'modules::state::adapters::KvStore',
};
