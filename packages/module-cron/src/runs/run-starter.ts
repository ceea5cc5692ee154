import type { TraceContext } from '@motia/engine-core/contract';
import type { ClaimOutcome, ClaimRequest, RunRecord } from '../cron-store.js';
import type { CronJob } from '../cron-job.js';

export type SlotClaim = Omit<ClaimRequest, 'wish' | 'messageId' | 'traceId'>;

/** Gets slots and sees to it that their runs happen: by calling the function, or by handing a message to the queue. */
export interface RunStarter {
  /** Said at boot. */
  readonly label: string;
  /** Claims a slot and starts its run; resolves when the claim is decided, not when the run has ended. `parent`: what asked for it; without, the run begins a trace. */
  start(job: CronJob, claim: SlotClaim, parent?: TraceContext): Promise<ClaimOutcome>;
  /** Starts a run that waited for the one before it. False when somebody else did. */
  promote(job: CronJob, run: RunRecord): Promise<boolean>;
  /** Takes care of an open run whose engine is gone. */
  recover(job: CronJob, run: RunRecord): Promise<void>;
}

/** What starters tell of runs. */
export interface RunEvents {
  /** A run of the job is over; `next` is one that waited for it. */
  onEnded(jobId: string, next: RunRecord | undefined): void;
}
