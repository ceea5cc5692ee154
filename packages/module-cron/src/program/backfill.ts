import type { StoreCommandContext, StoreSql } from '@motia/engine-core/contract';
import { waitsAsBackfill, type BackfillOutcome, type BackfillRequest, type JobState } from '../cron-store.js';
import { cronErrors } from '../errors.js';
import { rfc3339 } from '../rfc3339.js';
import { keptRuns } from './claim.js';
import { jobRow } from './job-rows.js';
import { insertRun, openRunsOf, removeRun, runRow, type ProgramRun } from './run-rows.js';

/** Why a slot was left out without anybody having decided against it. */
const leftOut: ReadonlySet<string | undefined> = new Set(['missed', 'overlap']);

/** @throws `MOTIA_CRON_HISTORY_TOO_SHORT`, `MOTIA_CRON_BACKFILL_LIMIT` */
export function backfill(sql: StoreSql, { jobId, slots, limit, isDryRun }: BackfillRequest, context: StoreCommandContext): BackfillOutcome {
  const job = jobRow(sql, jobId, context);
  if (job === undefined) return { status: 'gone' };
  checkKnown(sql, jobId, slots);
  const wanted = slots.flatMap((slotMs) => {
    if (slotMs > lastOver(job, context.nowMs)) return [];
    const run = runRow(sql, { jobId, scheduledAtMs: slotMs }, context);
    return run === undefined || isLeftOut(run) ? [{ slotMs, missed: run?.missed ?? 0, isThere: run !== undefined }] : [];
  });
  const waiting = openRunsOf(sql, jobId, context).filter(waitsAsBackfill).length;
  if (waiting + wanted.length > limit) throw cronErrors.BACKFILL_LIMIT({ jobId, limit, waiting });
  if (!isDryRun) {
    for (const { slotMs, missed, isThere } of wanted) {
      if (isThere) removeRun(sql, { jobId, scheduledAtMs: slotMs });
      insertRun(sql, {
        jobId, scheduledAtMs: slotMs, functionId: job.functionId, kind: 'manual', state: 'waiting', isBackfilled: true, isLast: false, missed,
        attempts: 0, losses: 0, claimedAtMs: context.nowMs, engineId: context.engineId,
      });
    }
  }
  return { status: 'accepted', slots: wanted.map(({ slotMs }) => slotMs) };
}

/** Slots after it are the schedule's own; those of a pause are nobody's until it ends. */
function lastOver({ isPaused, anchorMs }: JobState, nowMs: number): number {
  return isPaused ? Math.max(anchorMs, nowMs) : anchorMs;
}

function isLeftOut({ state, reason }: ProgramRun): boolean {
  return state === 'skipped' && leftOut.has(reason);
}

/** A history that is as long as it may be has been cut: a slot before its oldest run may have been run. */
function checkKnown(sql: StoreSql, jobId: string, [first]: readonly number[]): void {
  if (first === undefined) return;
  const { runs, oldestMs } = sql.get<{ runs: number; oldestMs: number | null }>('SELECT count(*) AS runs, min(scheduled_at_ms) AS oldestMs FROM cron_runs WHERE job_id = ?', jobId) ?? { runs: 0, oldestMs: null };
  if (runs < keptRuns || oldestMs === null || first >= oldestMs) return;
  throw cronErrors.HISTORY_TOO_SHORT({ jobId, from: rfc3339(first), knownFrom: rfc3339(oldestMs) });
}
