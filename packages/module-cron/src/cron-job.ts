import type { JobState, StoredJob } from './cron-store.js';
import { planDue, type DuePlan } from './due-plan.js';
import type { JobSpec, Timetable } from './job-spec.js';
import type { Ticking } from './ticker.js';

export interface CronJobParts {
  readonly jobId: string;
  readonly functionId: string;
  readonly origin: StoredJob['origin'];
  readonly spec: JobSpec;
  readonly timetable: Timetable;
}

/** A job as this engine runs it: what never changes, and what it knows of the store's view. */
export class CronJob implements Ticking, CronJobParts {
  readonly jobId: string;
  readonly functionId: string;
  readonly origin: StoredJob['origin'];
  readonly spec: JobSpec;
  readonly timetable: Timetable;
  dueMs: number | undefined;
  isAwaited = false;
  anchorMs: number;
  isPaused: boolean;
  /** It is being dispatched; being due again meanwhile is remembered. */
  isBusy = false;
  isDueAgain = false;
  /** A backlog waits for an open run; its end, or a second, makes it go on. */
  isBlocked = false;
  /** Another engine had its last slot, and is left the next one for a moment. */
  isCourteous = false;
  /** Removed, or replaced by a newer spec: what comes to an end now changes nothing. */
  isGone = false;

  constructor(parts: CronJobParts, state: Pick<JobState, 'anchorMs' | 'isPaused'>) {
    this.jobId = parts.jobId;
    this.functionId = parts.functionId;
    this.origin = parts.origin;
    this.spec = parts.spec;
    this.timetable = remembering(parts.timetable);
    this.anchorMs = state.anchorMs;
    this.isPaused = state.isPaused;
  }

  adopt(state: Pick<JobState, 'anchorMs' | 'isPaused'>): void {
    this.anchorMs = state.anchorMs;
    this.isPaused = state.isPaused;
  }

  plan(nowMs: number): DuePlan {
    const { timetable, anchorMs, spec } = this;
    return planDue({ timetable, anchorMs, nowMs, catchUp: spec.catchUp, windowMs: spec.catchUpWindowMs });
  }

  /** The slot that comes after those that are over with. */
  get nextMs(): number | undefined {
    return this.timetable.next(this.anchorMs);
  }

  /** No slot comes after this one. */
  isLast(slotMs: number): boolean {
    return this.timetable.isOneOff || this.timetable.next(slotMs) === undefined;
  }
}

/** Walking the fields costs some microseconds, and each slot is asked for several times on its way: the last two answers are kept. */
function remembering({ isOneOff, next }: Timetable): Timetable {
  let [newerAfter, newer, olderAfter, older]: (number | undefined)[] = [];
  return {
    isOneOff,
    next(afterMs) {
      if (afterMs === newerAfter) return newer;
      if (afterMs === olderAfter) return older;
      [olderAfter, older] = [newerAfter, newer];
      [newerAfter, newer] = [afterMs, next(afterMs)];
      return newer;
    },
  };
}
