import type { AdapterSlot, Registration, StoreService, StoreTransaction } from '@motia/engine-core/contract';
import type { OverlapPolicy } from './job-spec.js';

/**
 * What a store may be able to do beyond the least. `transactions`: claims can be part of a transaction of a
 * `StoreService`. `engines`: several engines use it at the same time, and it tells which of them are gone.
 */
export type CronStoreCapability = 'transactions' | 'engines';

/** The hole in the cron module that a store of jobs and runs fills. */
export const CronStoreSlot: AdapterSlot<CronStore, CronStoreCapability> = {
  id: 'cron.store',
  capabilities: ['transactions', 'engines'],
  fallback: 'modules::cron::KvCronAdapter',
};

/** A job as the store keeps it. */
export interface StoredJob {
  readonly jobId: string;
  readonly functionId: string;
  /** `trigger`: a trigger in code, which comes back with every start. `scheduled`: made by a call, kept until it ends or is cancelled. */
  readonly origin: 'trigger' | 'scheduled';
  /** The job's spec as JSON; the store does not look into it. */
  readonly spec: string;
}

/** What the store knows of a job. */
export interface JobState extends StoredJob {
  /** Slots up to here are over with: run, skipped, missed, or from before the job was made or resumed. */
  readonly anchorMs: number;
  readonly isPaused: boolean;
  readonly lastScheduledAtMs?: number;
  readonly lastResult?: LastResult;
  readonly lastError?: RunFailure;
  /** The anchor was far ahead of the clock, which someone has set back since, and was brought back to now. */
  readonly isRewound?: boolean;
}
export type LastResult = 'succeeded' | 'failed' | 'skipped' | 'running';

export interface RunFailure {
  readonly code: string;
  readonly message: string;
}

/**
 * A run through its life: `waiting` for the one before it to end, `queued` as a message, `running`; `released` by an
 * engine that stopped meanwhile; then `succeeded`, `failed` or `skipped`, for good.
 */
export type RunState = 'waiting' | 'queued' | 'running' | 'released' | 'succeeded' | 'failed' | 'skipped';

/** Names one run. Slots of a job are unique by their time. */
export interface RunKey {
  readonly jobId: string;
  readonly scheduledAtMs: number;
}
export interface RunRecord extends RunKey {
  readonly functionId: string;
  /** `manual`: asked for, beside the schedule: by `cron::run_now`, or backfilled by `cron::backfill`. */
  readonly kind: 'slot' | 'manual';
  readonly state: RunState;
  /** Why it was skipped or failed. */
  readonly reason?: string;
  readonly isBackfilled: boolean;
  /** How often it was started. */
  readonly attempts: number;
  /** How often its engine or its worker went away while it ran. */
  readonly losses: number;
  /** Slots before it that were missed and not run. */
  readonly missed: number;
  readonly claimedAtMs: number;
  readonly startedAtMs?: number;
  readonly endedAtMs?: number;
  readonly engineId?: string;
  /** Of its newest start; grows with every start of any run on this store. */
  readonly fencingToken?: number;
  readonly messageId?: string;
  readonly error?: RunFailure;
  /** Of its newest start; of one that was not started, where that was decided. */
  readonly traceId?: string;
}

/** A slot that waits because it is backfilled on demand: it comes when no other run of the job is open, and stands in nobody's way. */
export function waitsAsBackfill({ state, kind, isBackfilled }: Pick<RunRecord, 'state' | 'kind' | 'isBackfilled'>): boolean {
  return state === 'waiting' && kind === 'manual' && isBackfilled;
}

/** Of runs that wait, oldest first, the one that comes next: what the schedule wants goes before what is backfilled. */
export function nextWaiting<R extends Pick<RunRecord, 'state' | 'kind' | 'isBackfilled'>>(waiting: readonly R[]): R | undefined {
  return waiting.find((run) => !waitsAsBackfill(run)) ?? waiting[0];
}

/** Slots of the past that are wanted after all. */
export interface BackfillRequest {
  readonly jobId: string;
  /** Oldest first. */
  readonly slots: readonly number[];
  /** Slots that may wait to be backfilled at most, those that wait already counted. */
  readonly limit: number;
  /** Tells what it would do, and does nothing. */
  readonly isDryRun: boolean;
}
export type BackfillOutcome =
  /** Those that wait now: no run was known of them, or they were left out because nobody was there or the run before them was not over. */
  | { readonly status: 'accepted'; readonly slots: readonly number[] }
  | { readonly status: 'gone' };

/** A wish to have a slot. The store decides, in one step, for all engines that ask. */
export interface ClaimRequest extends RunKey {
  readonly kind: RunRecord['kind'];
  /** What the caller thinks is over with; a job whose anchor is another has moved on. Not looked at for `manual`. */
  readonly expectedAnchorMs: number;
  /**
   * `run`: start it now, in the engine that asks. `queue`: it is a message. `skip`: record that it is not run. `settle`: record
   * what the overlap policy says, and tell when the slot could be had after all.
   */
  readonly wish: 'run' | 'queue' | 'skip' | 'settle';
  readonly overlap: OverlapPolicy;
  /** Leave the slot unclaimed while any run is open, or one that is backfilled, whatever `overlap` says: a backlog is worked off in order. */
  readonly mustWait?: 'for any' | 'for backfills';
  readonly isBackfilled: boolean;
  /** Slots in (expectedAnchor, scheduledAt) that are not run. */
  readonly missed: number;
  /** Why a slot that is skipped is. */
  readonly reason?: string;
  readonly messageId?: string;
  readonly traceId?: string;
  /** The job ends with this run: a one-off. */
  readonly isLast?: boolean;
}
export type ClaimOutcome =
  | { readonly status: 'claimed'; readonly fencingToken?: number; readonly replaced: readonly RunKey[] }
  /** Recorded as skipped, because `wish` said so or the overlap policy did. */
  | { readonly status: 'skipped'; readonly reason: string }
  /** Recorded as the one that runs when the open one has ended. */
  | { readonly status: 'waiting' }
  /** A run is open for which `mustWait` says so. */
  | { readonly status: 'blocked' }
  /** It could be had; the answer to `settle`. */
  | { readonly status: 'free' }
  /** Somebody else was there first; with `manual`, a run of that very millisecond is there. */
  | { readonly status: 'taken'; readonly anchorMs: number }
  | { readonly status: 'paused' }
  | { readonly status: 'gone' };

/** How a run is started that was claimed before. */
export interface RunStart {
  readonly wish: 'run' | 'queue';
  readonly messageId?: string;
  /** Where its newest start can be followed; left out, that of the start before stays. */
  readonly traceId?: string;
}

/** How a run ended, or that another attempt will follow (`queued`). */
export interface RunEnd {
  readonly state: 'succeeded' | 'failed' | 'skipped' | 'queued';
  readonly reason?: string;
  readonly error?: RunFailure;
}

export type BeginOutcome =
  | { readonly status: 'begun'; readonly fencingToken: number; readonly isBackfilled: boolean; readonly attempts: number; readonly kind: RunRecord['kind'] }
  /** It has ended, was replaced or cancelled: there is nothing to do. */
  | { readonly status: 'over'; readonly reason: string };

/**
 * Keeps jobs and their runs. Every method is one atomic step, for any number of engines on the same store; a result is
 * kept as durably as the store promises when its promise resolves.
 *
 * - **Slots.** A job's slots are claimed in order: a claim succeeds only if the job's anchor is the expected one, and
 *   moves it to the slot. So of all engines one gets a slot, and no slot at or before the anchor comes again.
 * - **Fencing.** Every start of a run gets a token larger than all before it on this store. Whoever ends a run shows its
 *   token; one that is not the newest changes nothing.
 * - **Open runs** are waiting, queued, running or released. A run whose engine is gone stays open until somebody takes it over.
 */
export interface CronStore {
  /** Where it is kept, for transactions with others; undefined for stores that have none. */
  readonly store: StoreService | undefined;
  /** For the log: `file_based in ./data`. */
  readonly label: string;

  /** Makes jobs known, or seen again: an anchor and a pause that are there stay. `anchorMs` is for new ones. */
  saveJobs(jobs: readonly (StoredJob & { readonly anchorMs: number })[]): Promise<readonly JobState[]>;
  /**
   * Makes a job of origin `scheduled`, or gives it a new spec, anchor and no pause. Tells which. One whose spec and function are what
   * they were keeps its anchor, and what is open of it. With `tx` it joins a transaction.
   */
  putScheduled(job: StoredJob & { readonly anchorMs: number }, options?: { readonly tx?: StoreTransaction }): Promise<{ readonly isNew: boolean; readonly state: JobState }>;
  /** Removes a job of origin `scheduled`; its waiting runs are skipped. False when there is none. With `tx` it joins a transaction. */
  removeScheduled(jobId: string, options?: { readonly tx?: StoreTransaction }): Promise<boolean>;
  /** Jobs of origin `scheduled`, unless they are as they were at `knownVersion`. */
  scheduled(knownVersion?: number): Promise<{ readonly version: number; readonly jobs?: readonly JobState[] }>;
  /** States of the jobs named, or of all. Jobs that are not there are left out. */
  states(jobIds?: readonly string[]): Promise<readonly JobState[]>;
  /** A resumed job starts from now: what was due meanwhile is not missed. False when there is no such job. */
  setPaused(jobId: string, isPaused: boolean): Promise<boolean>;

  /** With `tx` it joins a transaction, and anything but `claimed` fails that with `MOTIA_CRON_SLOT_REFUSED`. */
  claim(request: ClaimRequest, options?: { readonly tx?: StoreTransaction }): Promise<ClaimOutcome>;
  /**
   * Lets slots wait that were not run, all of them or none. Those that the schedule has not come to are left to it. Of a job
   * that is paused they wait for its end. @throws `MOTIA_CRON_HISTORY_TOO_SHORT` where one may have been run, `MOTIA_CRON_BACKFILL_LIMIT`
   */
  backfill(request: BackfillRequest): Promise<BackfillOutcome>;
  /** Starts a queued run, or starts it again; also one whose message was brought back from the dead letters. */
  begin(key: RunKey): Promise<BeginOutcome>;
  /** `isCurrent` is false when the token is not the newest: then nothing was changed. `next` is a run that waited for this one. */
  end(key: RunKey, fencingToken: number, end: RunEnd): Promise<{ readonly isCurrent: boolean; readonly next?: RunRecord }>;
  /** Ends an open run of that message, whoever started it: the queue has given it up. */
  endMessage(key: RunKey, messageId: string, end: RunEnd): Promise<{ readonly isCurrent: boolean; readonly next?: RunRecord }>;
  /** Gives a running run back without an end: it is lost to this engine, and free for others. */
  release(key: RunKey, fencingToken: number): Promise<void>;
  /** Starts a run that waits, if no other run of the job is open but such as wait, too. With `tx` as `claim`. */
  promote(key: RunKey, start: RunStart, options?: { readonly tx?: StoreTransaction }): Promise<{ readonly fencingToken?: number } | undefined>;
  /** Starts a run again that was lost; `fencingToken` is that of its lost start. Undefined when somebody else did. */
  takeOver(key: RunKey, fencingToken: number, start: RunStart): Promise<{ readonly fencingToken?: number } | undefined>;

  /** Runs that are open. */
  openRuns(jobIds?: readonly string[]): Promise<readonly RunRecord[]>;
  /** Newest first. */
  history(query: { readonly jobId?: string; readonly limit: number; readonly beforeMs?: number }): Promise<readonly RunRecord[]>;

  /** Whether the engine that started a run is gone for certain. */
  isGone(engineId: string): boolean;
  /** Says that this engine lives, and looks who else does. Called every three seconds with the capability `engines`. */
  renew(): Promise<void>;
  /** Forgets jobs in code that no engine has named for 30 days, and runs of jobs that are gone, after seven. `ticking` are named by this. */
  prune(ticking: readonly string[]): Promise<void>;
  /** After another engine changed something here. */
  onForeignChange(listener: () => void): Registration;
  /** After another engine is known to be gone, without waiting for `renew`. A store that cannot know never says so. */
  onEngineGone(listener: () => void): Registration;
}
