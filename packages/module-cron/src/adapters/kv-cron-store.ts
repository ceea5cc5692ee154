import type { Clock, Registration, StoreHandle, StoreService, StoreTransaction } from '@motia/engine-core/contract';
import type { BackfillOutcome, BackfillRequest, BeginOutcome, ClaimOutcome, ClaimRequest, CronStore, JobState, RunEnd, RunKey, RunRecord, RunStart, StoredJob } from '../cron-store.js';
import { cronErrors } from '../errors.js';
import type { Found } from '../program/sound-rows.js';
import type { CronProgram } from '../store-program.js';
import { EngineWatch } from './engine-watch.js';

interface OpenDatabase {
  readonly store: StoreService;
  readonly handle: StoreHandle<CronProgram>;
}
type Started = { readonly fencingToken?: number } | undefined;

/** Jobs and runs in the engine's own database: each method is a command or a query of the program. */
export class KvCronStore implements CronStore {
  readonly label: string;
  readonly #watch: EngineWatch;
  #open: OpenDatabase | undefined;

  constructor(label: string, clock: Pick<Clock, 'monotonicMs'>) {
    this.label = label;
    this.#watch = new EngineWatch(clock);
  }

  get store(): StoreService | undefined {
    return this.#open?.store;
  }

  async open(database: OpenDatabase): Promise<void> {
    this.#open = database;
    if (database.store.isShared) await this.renew();
  }

  /** Says that this engine is gone, so that nobody has to wait for its lease. */
  async close(): Promise<void> {
    const open = this.#open;
    this.#open = undefined;
    // The store may be closed or full: whoever looks learns it from the lease then.
    if (open?.store.isShared === true) await open.handle.run('leave', undefined).catch(() => undefined);
  }

  saveJobs(jobs: readonly (StoredJob & { readonly anchorMs: number })[]): Promise<readonly JobState[]> {
    return this.#handle.run('saveJobs', { jobs });
  }

  putScheduled(job: StoredJob & { readonly anchorMs: number }, options: { readonly tx?: StoreTransaction } = {}): Promise<{ readonly isNew: boolean; readonly state: JobState }> {
    return this.#handle.run('putScheduled', job, options);
  }

  removeScheduled(jobId: string, options: { readonly tx?: StoreTransaction } = {}): Promise<boolean> {
    return this.#handle.run('removeScheduled', { jobId }, options);
  }

  async scheduled(knownVersion?: number): Promise<{ readonly version: number; readonly jobs?: readonly JobState[] }> {
    const { version, jobs } = this.#handle.query('scheduledJobs', knownVersion === undefined ? {} : { knownVersion });
    return { version, ...(jobs === undefined ? {} : { jobs: await this.#soundJobs(jobs) }) };
  }

  async states(jobIds?: readonly string[]): Promise<readonly JobState[]> {
    return this.#soundJobs(this.#handle.query('states', jobIds === undefined ? {} : { jobIds }));
  }

  setPaused(jobId: string, isPaused: boolean): Promise<boolean> {
    return this.#handle.run('setPaused', { jobId, isPaused });
  }

  claim(request: ClaimRequest, options?: { readonly tx?: StoreTransaction }): Promise<ClaimOutcome> {
    return options?.tx === undefined ? this.#handle.run('claim', request) : this.#handle.run('claimOrFail', request, { tx: options.tx });
  }

  backfill(request: BackfillRequest): Promise<BackfillOutcome> {
    return this.#handle.run('backfill', request);
  }

  begin(key: RunKey): Promise<BeginOutcome> {
    return this.#handle.run('begin', keyOf(key));
  }

  end(key: RunKey, fencingToken: number, end: RunEnd): Promise<{ readonly isCurrent: boolean; readonly next?: RunRecord }> {
    return this.#handle.run('end', { key: keyOf(key), fencingToken, end });
  }

  endMessage(key: RunKey, messageId: string, end: RunEnd): Promise<{ readonly isCurrent: boolean; readonly next?: RunRecord }> {
    return this.#handle.run('endMessage', { key: keyOf(key), messageId, end });
  }

  release(key: RunKey, fencingToken: number): Promise<void> {
    return this.#handle.run('release', { key: keyOf(key), fencingToken });
  }

  promote(key: RunKey, start: RunStart, options?: { readonly tx?: StoreTransaction }): Promise<Started> {
    const promotion = { key: keyOf(key), start };
    return options?.tx === undefined ? this.#handle.run('promote', promotion) : this.#handle.run('promoteOrFail', promotion, { tx: options.tx });
  }

  takeOver(key: RunKey, fencingToken: number, start: RunStart): Promise<Started> {
    return this.#handle.run('takeOver', { key: keyOf(key), fencingToken, start });
  }

  async openRuns(jobIds?: readonly string[]): Promise<readonly RunRecord[]> {
    return this.#soundRuns(this.#handle.query('openRuns', jobIds === undefined ? {} : { jobIds }));
  }

  async history(query: { readonly jobId?: string; readonly limit: number; readonly beforeMs?: number }): Promise<readonly RunRecord[]> {
    return this.#soundRuns(this.#handle.query('history', query));
  }

  isGone(engineId: string): boolean {
    const { store } = this.#database;
    if (engineId === store.engineId) return false;
    // One whose process is there and stands still is gone for schedules: slots do not wait.
    return store.isGone(engineId) || this.#watch.isGone(engineId);
  }

  async renew(): Promise<void> {
    const { store, handle } = this.#database;
    if (!store.isShared) return;
    const { rows, damaged } = handle.query('beats', undefined);
    if (damaged.length > 0) await handle.run('quarantine', { engines: damaged });
    const others = rows.filter(({ engineId }) => engineId !== store.engineId);
    await handle.run('beat', { gone: this.#watch.look(others, { isWhole: damaged.length === 0 }) });
  }

  prune(ticking: readonly string[]): Promise<void> {
    return this.#handle.run('prune', { ticking });
  }

  onForeignChange(listener: () => void): Registration {
    return this.#database.store.onForeignCommit(listener);
  }

  onEngineGone(listener: () => void): Registration {
    return this.#database.store.onEngineGone(listener);
  }

  /** What is not what was written moves to the quarantine, and the store says so. */
  async #soundJobs({ rows, damaged }: Found<JobState, string>): Promise<readonly JobState[]> {
    if (damaged.length > 0) await this.#handle.run('quarantine', { jobs: damaged });
    return rows;
  }

  async #soundRuns({ rows, damaged }: Found<RunRecord, RunKey>): Promise<readonly RunRecord[]> {
    if (damaged.length > 0) await this.#handle.run('quarantine', { runs: damaged });
    return rows;
  }

  get #database(): OpenDatabase {
    if (this.#open === undefined) throw cronErrors.STOPPING({ what: 'A change of schedules' });
    return this.#open;
  }

  get #handle(): StoreHandle<CronProgram> {
    return this.#database.handle;
  }
}

/** Only what names the run: what travels to the writer is cloned. */
function keyOf({ jobId, scheduledAtMs }: RunKey): RunKey {
  return { jobId, scheduledAtMs };
}
