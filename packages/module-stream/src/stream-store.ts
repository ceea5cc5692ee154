import type { AdapterSlot, Registration, StoreService, StoreTransaction, StreamItemAddress, TraceContext } from '@motia/engine-core/contract';
import type { ClaimedCall, ClaimTerms, DueCalls, DueTrigger } from '@motia/store-sqlite/outbox';
import type { CheckedUpdateOp } from '@motia/update-ops';
import type { CustomMark } from './custom/custom-function.js';
import type { PlaceReader } from './delivery/catch-up.js';
import type { StreamEvent } from './stream-event.js';

/** What is done to an item. Texts are JSON. */
export type ItemChange =
  | { readonly kind: 'set'; readonly json: string }
  | { readonly kind: 'update'; readonly ops: readonly CheckedUpdateOp[] }
  | { readonly kind: 'delete' }
  /** The item itself is kept elsewhere (custom storage): only the change is numbered and kept in the log. */
  | { readonly kind: 'record'; readonly json: string; readonly type: 'create' | 'update' | 'delete' };

/** The calls that a change owes to triggers, and on whose behalf it is made. */
export interface ChangeDebts {
  readonly triggers: readonly DueTrigger[];
  readonly claim?: ClaimTerms;
  readonly trace?: TraceContext;
  readonly triggerDepth: number;
}

export interface ItemWrite extends ChangeDebts {
  readonly address: StreamItemAddress;
  readonly change: ItemChange;
  /** The timestamp of the change is later than this. */
  readonly timestampFloor: number;
}

export interface ItemOutcome {
  /** Undefined when nothing changed: there was nothing to delete. */
  readonly event: { readonly type: 'create' | 'update' | 'delete'; readonly seq: number; readonly timestamp: number } | undefined;
  /** JSON text; undefined when there was no item. */
  readonly oldJson: string | undefined;
  /** JSON text; undefined when there is none now. */
  readonly newJson: string | undefined;
  readonly claimed: readonly ClaimedCall[];
}

/** A message to those who listen: kept by nobody, except until every engine on the store has handed it out. */
export interface MessageWrite extends ChangeDebts {
  readonly stream: string;
  readonly group: string;
  readonly item?: string;
  readonly type: string;
  readonly json: string;
  readonly timestampFloor: number;
}

/** A subscription that onLeave must hear of, whatever becomes of the engine that serves it. */
export interface SessionRecord {
  readonly sessionId: string;
  readonly subscriptionId: string;
  /** JSON text that onLeave gets. */
  readonly payload: string;
  /** Those that are to be called when it ends. */
  readonly triggers: readonly DueTrigger[];
}
export type SessionKey = Pick<SessionRecord, 'sessionId' | 'subscriptionId'>;

export interface StoreSettings {
  /** Changes of a group that are kept for clients that come back. */
  readonly resumeEvents: number;
  /** And how long, in milliseconds. */
  readonly resumeAgeMs: number;
  /** Largest item, in bytes of JSON. */
  readonly maxValueBytes: number;
  /** Largest snapshot of a group, in bytes of its items and their ids. Others fail with `MOTIA_STREAM_SNAPSHOT_TOO_LARGE`. */
  readonly maxSnapshotBytes: number;
}

/** Which items of a group are wanted: oldest first, at most `limit`, and no more once they have `maxBytes` of JSON, but for a first one. */
export interface ItemsQuery {
  readonly stream: string;
  readonly group: string;
  readonly limit: number;
  readonly maxBytes: number;
  /** Only those after this place, which a page named. */
  readonly after?: string;
}
export interface ItemsPage {
  readonly items: readonly { readonly id: string; readonly json: string }[];
  /** There are more after this place. It holds whatever becomes of the items before it. */
  readonly cursor?: string;
}

export interface GroupName {
  readonly stream: string;
  readonly name: string;
}
/** Which groups are wanted: by stream and name, at most `limit`. */
export interface GroupsQuery {
  /** Only those of this stream. */
  readonly stream?: string;
  readonly limit: number;
  /** Only those behind this one, which need not be there any more. */
  readonly after?: GroupName;
}
export interface GroupsPage {
  readonly groups: readonly GroupName[];
  readonly hasMore: boolean;
}

/** Who hears of events. */
export interface StreamListener {
  events(events: readonly StreamEvent[]): void;
  /** Between the last events and the next ones some were lost: they were taken away before they could be read. */
  missed(): void;
}

/**
 * Where items, the log of changes, and sessions are kept. Several engines may use one store at the same time: changes
 * of all of them reach the listeners of each.
 */
export interface StreamStore extends PlaceReader {
  /** For transactions with others; undefined for stores that have none. */
  readonly service: StoreService | undefined;
  /** Called once, before anything else. */
  open(settings: StoreSettings): Promise<void>;
  /** JSON text; undefined when there is no item. */
  get(address: StreamItemAddress): Promise<string | undefined>;
  /** Items of a group, oldest first. @throws `MOTIA_STREAM_INVALID_INPUT` for a place that no page named */
  list(query: ItemsQuery): Promise<ItemsPage>;
  /** Groups that hold items. */
  groups(query: GroupsQuery): Promise<GroupsPage>;
  /** Resolves once the change is as durable as the store promises. @throws `MOTIA_STREAM_UPDATE_REFUSED`, `MOTIA_STREAM_VALUE_TOO_LARGE`, `MOTIA_STORE_…` */
  change(write: ItemWrite, options?: { readonly tx?: StoreTransaction }): Promise<ItemOutcome>;
  send(message: MessageWrite, options?: { readonly tx?: StoreTransaction }): Promise<{ readonly claimed: readonly ClaimedCall[] }>;
  /**
   * Events of every engine on the store, in the order of their groups, from now on. Only one listener at a time; while there is none the store
   * reads nothing. Whatever `snapshot` answers later is at least as new as the first event that is left out.
   */
  listen(listener: StreamListener): Registration;
  /** The outbox for one kind of triggers. */
  dueCalls(kind: string): Promise<DueCalls>;
  enterSession(session: SessionRecord): Promise<void>;
  /** The subscription was refused: nobody is told. */
  forgetSession(key: SessionKey): Promise<void>;
  /** Ends it and makes the calls due, once; answers those claimed. Nothing happens when it has ended before. */
  endSession(key: SessionKey, terms: Pick<ChangeDebts, 'claim'>): Promise<{ readonly claimed: readonly ClaimedCall[] }>;
  /** Ends the sessions of engines that are gone, this one's earlier runs included. Answers how many. */
  endLostSessions(): Promise<number>;
  /** Operations of streams that a worker has taken over. */
  customMarks(): Promise<readonly CustomMark[]>;
  /** Where several engines use the store, changes of that kind that others make of the stream in it fail from then on. */
  markCustom(mark: CustomMark): Promise<void>;
  clearCustom(stream: string): Promise<void>;
  /** Another engine may have marked or cleared some. */
  onCustomMarks(listener: () => void): Registration;
  /** Another engine on the store is gone: `endLostSessions` may have something to end. */
  onEngineGone(listener: () => void): Registration;
}

export type StreamStoreCapability = 'durable' | 'transactions' | 'shared';

/** The slot: `adapter: { class: modules::stream::adapters::KvStore }`. */
export const StreamStoreSlot: AdapterSlot<StreamStore, StreamStoreCapability> = {
  id: 'stream.store',
  capabilities: ['durable', 'transactions', 'shared'],
  fallback: 'modules::stream::adapters::KvStore',
};
