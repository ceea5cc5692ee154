import type { InvocationScope } from '../context/invocation-scope.js';

/** A schedule as it stands. Times are RFC 3339. */
export interface TestCronJob {
  readonly job_id: string;
  readonly function_id: string;
  readonly expression?: string | null;
  readonly timezone: string;
  readonly is_paused: boolean;
  readonly next_run?: string | null;
  readonly last_run?: unknown;
}

/** The schedules of a test app. */
export interface TestCron {
  list(): Promise<readonly TestCronJob[]>;
  /** Runs the schedule of a Step now, beside its times. By the Step's name when it has one schedule, else by function or job id. */
  runNow(stepOrFunctionOrJobId: string): Promise<void>;
}

export function testCron(scope: InvocationScope): TestCron {
  const call = <T>(functionId: string, payload: object): Promise<T> => scope.connection.invoke(scope, functionId, payload) as Promise<T>;
  const list = async (): Promise<readonly TestCronJob[]> => (await call<{ jobs: readonly TestCronJob[] }>('cron::list', {})).jobs;
  return {
    list,
    runNow: async (name) => {
      const jobs = await list();
      const chosen = jobs.filter((job) => job.job_id === name || job.function_id === name || job.function_id.startsWith(`steps::${name}::trigger::`));
      if (chosen.length !== 1) throw new Error(chosen.length === 0 ? `there is no schedule "${name}"; there are ${jobs.map((job) => job.function_id).join(', ') || 'none'}` : `"${name}" has several schedules; name one of ${chosen.map((job) => job.function_id).join(', ')}`);
      await call('cron::run_now', { job_id: chosen[0]?.job_id });
    },
  };
}
