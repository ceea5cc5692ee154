import { isMotiaError, type Clock, type Logger, type MotiaError, type Trigger, type TriggerChange, type TriggerRejections } from '@motia/engine-core/contract';
import { CronJob } from './cron-job.js';
import type { CronStore, JobState } from './cron-store.js';
import type { JobBook } from './job-book.js';
import { defaultWindowMs, oneOff, type JobSpec } from './job-spec.js';
import type { ReadSpec, ScheduleKeys } from './schedule-keys.js';

export interface TriggerJobsParts {
  readonly store: CronStore;
  readonly book: JobBook;
  readonly clock: Pick<Clock, 'now'>;
  readonly logger: Logger;
  readonly specOf: (config: ScheduleKeys) => ReadSpec;
  /** Takes care of what is open of a job, then lets it tick. */
  readonly activate: (job: CronJob) => Promise<void>;
}
interface Bound {
  readonly trigger: Trigger<ScheduleKeys>;
  readonly read: ReadSpec;
}

/** Jobs of triggers in code: a job's id is its trigger's, the same in every engine and after every restart. */
export class TriggerJobs {
  readonly #parts: TriggerJobsParts;

  constructor(parts: TriggerJobsParts) {
    this.#parts = parts;
  }

  async apply({ added, removed }: TriggerChange<ScheduleKeys>): Promise<TriggerRejections> {
    const { store, book, activate } = this.#parts;
    for (const { id } of removed) book.remove(id);
    const rejections = new Map<string, MotiaError>();
    const bound: Bound[] = [];
    for (const trigger of added) bound.push(...this.#read(trigger, { rejections, more: bound.length + 1 }));
    const states = await store.saveJobs(bound.map((job) => this.#stored(job)));
    for (const [index, state] of states.entries()) {
      const job = bound[index];
      if (job !== undefined) await activate(this.#job(job, state));
    }
    return rejections;
  }

  #read(trigger: Trigger<ScheduleKeys>, { rejections, more }: { readonly rejections: Map<string, MotiaError>; readonly more: number }): readonly Bound[] {
    try {
      this.#parts.book.checkRoom(more);
      const read = this.#parts.specOf(trigger.config);
      const { conditionFunctionId } = trigger;
      return [{ trigger, read: conditionFunctionId === undefined ? read : { ...read, spec: { ...read.spec, conditionFunctionId } } }];
    } catch (error) {
      if (!isMotiaError(error)) throw error;
      rejections.set(trigger.id, error);
      return [];
    }
  }

  /** A job that is new starts from now; a one-off whose time is not long past is still to be run. */
  #stored({ trigger, read: { spec, atMs } }: Bound): Parameters<CronStore['saveJobs']>[0][number] {
    const nowMs = this.#parts.clock.now();
    const isDue = atMs !== undefined && nowMs - atMs <= (spec.catchUpWindowMs ?? defaultWindowMs);
    if (atMs !== undefined && !isDue) this.#parts.logger.debug('The time of a one-off cron trigger is long past; it is run only if this store has waited for it', { jobId: trigger.id, functionId: trigger.functionId, at: spec.at });
    return { jobId: trigger.id, functionId: trigger.functionId, origin: 'trigger', spec: JSON.stringify(spec), anchorMs: atMs === undefined ? nowMs : isDue ? Math.min(nowMs, atMs - 1) : atMs };
  }

  #job({ trigger, read }: Bound, state: JobState): CronJob {
    const { schedule, atMs } = read;
    const spec: JobSpec = read.spec;
    const timetable = schedule === undefined ? oneOff(atMs ?? 0) : { isOneOff: false, next: (afterMs: number) => schedule.next(afterMs) };
    const fields = { jobId: trigger.id, functionId: trigger.functionId, expression: spec.expression };
    if (schedule?.assumed === 'seconds and year') this.#parts.logger.info('A cron expression of five fields runs at second 0; write seven to say so', fields);
    if (state.isRewound === true) this.#parts.logger.warn('The clock was far ahead and has been set back: the schedule goes on from now', fields);
    return new CronJob({ jobId: trigger.id, functionId: trigger.functionId, origin: 'trigger', spec, timetable }, state);
  }
}
