import type { Registration, TraceContext } from '@motia/engine-core/contract';

/**
 * One call that a committed change owes to a trigger, in the hands of this engine. Calls of one lane (a trigger and a
 * key) are handed out one after the other.
 */
export interface ClaimedCall {
  readonly laneId: number | string;
  readonly callId: number | string;
  readonly triggerId: string;
  readonly functionId: string;
  /** What the order is about: the key that changed. */
  readonly lane: string;
  /** JSON text. */
  readonly payload: string;
  readonly trace?: TraceContext;
  /** How many triggers led to it, itself included. */
  readonly depth: number;
  /** How often the function failed on it. */
  readonly failures: number;
  /** How often the process that ran it was lost. */
  readonly losses: number;
  readonly createdAtMs: number;
}

/** A call that cannot be delivered any more, for messages. */
export type LostCall = Pick<ClaimedCall, 'callId' | 'triggerId' | 'functionId' | 'lane' | 'createdAtMs'>;

/** How calls are taken: `leaseMs` null where no other engine can take them over. */
export interface ClaimTerms {
  readonly leaseMs: number | null;
}

/** A trigger as changes of other engines match it: every text in `filter` must be what the change says. */
export interface DueSubscription {
  readonly id: string;
  readonly functionId: string;
  readonly filter: Readonly<Record<string, unknown>>;
}

export interface ClaimAnswer {
  readonly calls: readonly ClaimedCall[];
  /** Calls whose row was damaged: they are out of the way. */
  readonly damaged: readonly LostCall[];
}

/**
 * Where due calls are kept. Rows are written by the store's own changes, in their transaction; this is the other end. Every answer
 * resolves once it is as durable as the store promises. A claim is fenced: whoever lost it changes nothing with it.
 */
export interface DueCalls {
  readonly terms: ClaimTerms;
  /** At start: gives back what a former run of this engine had claimed. */
  adopt(): Promise<void>;
  /** Writes down which triggers changes made elsewhere, and before the next start of this engine is complete, concern: instead of what was told before. */
  subscribe(subscriptions: readonly DueSubscription[]): Promise<void>;
  /** What engines that are gone had written down, this one's earlier runs included. It is this engine's from now on. */
  inherit(): Promise<readonly DueSubscription[]>;
  /** Another engine on the store is gone: there may be something to inherit. */
  onEngineGone(listener: () => void): Registration;
  /** Triggers that only other engines on the store have, as far as they have told and within a day of their last sign of life, and that this address concerns. */
  elsewhere(address: Readonly<Record<string, string>>, except: readonly { readonly id: string }[]): readonly { readonly id: string; readonly functionId: string }[];
  /** Takes the first call of lanes that are ready and nobody's, oldest first. */
  claim(wanted: readonly { readonly triggerId: string; readonly limit: number }[]): Promise<ClaimAnswer>;
  /** The call is done. Answers the next one of its lane, still claimed, if there is one. */
  settle(call: ClaimedCall): Promise<ClaimedCall | undefined>;
  /** Gives the lane back, to be taken again after a while, with what has happened to its first call. */
  postpone(call: ClaimedCall, later: { readonly delayMs: number; readonly failures: number; readonly losses: number }): Promise<void>;
  /** Keeps claims alive. Answers those that were lost. */
  renew(laneIds: readonly ClaimedCall['laneId'][]): Promise<readonly ClaimedCall['laneId'][]>;
  /** Gives lanes back as they are. */
  release(laneIds: readonly ClaimedCall['laneId'][]): Promise<void>;
  /** When the first unclaimed lane of these triggers may be taken, epoch milliseconds; undefined when none waits. */
  nextReadyAtMs(triggerIds: readonly string[]): Promise<number | undefined>;
  /** Takes calls away that have been due since before that time and are nobody's, some at a time. */
  expire(beforeMs: number): Promise<readonly LostCall[]>;
  /** Due calls, counted up to 10,000. Quick. */
  count(): number;
  /** Another engine changed something. */
  onForeignChange(listener: () => void): Registration;
}
