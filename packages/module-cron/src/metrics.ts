import type { Meter } from '@motia/engine-core/contract';

/** The numbers of the module. */
export interface CronMetrics {
  missed(functionId: string, count: number): void;
  ended(functionId: string, result: 'succeeded' | 'failed' | 'skipped', reason?: string): void;
  started(functionId: string, lateMs: number): void;
}

export function cronMetrics(meter: Meter): CronMetrics {
  const missed = meter.counter('cron_missed_total', { description: 'Slots that were missed and not run', unit: '{slot}' });
  const runs = meter.counter('cron_runs_total', { description: 'Runs and skipped slots by what became of them', unit: '{run}' });
  const lateness = meter.histogram('cron_lateness_ms', { description: 'Time from a slot to the claim of its run, slots on time only', unit: 'ms' });
  return {
    missed: (functionId, count) => missed.add(count, { 'iii.function.id': functionId }),
    ended: (functionId, result, reason) => runs.add(1, { 'iii.function.id': functionId, result, ...(reason === undefined ? {} : { reason }) }),
    started: (functionId, lateMs) => lateness.record(Math.max(0, lateMs), { 'iii.function.id': functionId }),
  };
}
