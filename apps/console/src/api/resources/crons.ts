import type { CronRow, CronRun } from '../../contract/index.js';
import { consoleErrors } from '../../errors.js';
import { get, post, type ApiRequest, type ApiRoute } from '../api-route.js';
import { bodyFields } from '../body-fields.js';
import { fittingPage } from '../fitting-page.js';
import type { ModuleFunctions } from '../module-functions.js';
import { listKeys, listPage, type ListShape } from '../list-page.js';
import { pageKeys, pageOf, pageRequest, rowFilter, text } from '../page-query.js';

const listed: ListShape<CronRow> = {
  keyOf: (job) => job.job_id,
  textOf: (job) => `${job.job_id} ${job.function_id} ${job.expression ?? ''}`,
  sorts: { next_run: (job) => job.next_run ?? undefined, function: (job) => job.function_id },
  timeOf: (job) => (job.next_run === null ? undefined : Date.parse(job.next_run)),
};
/** Runs of one page of the module. */
const mostRuns = 100;

/** Schedules with their last and next runs. */
export function cronRoutes(modules: ModuleFunctions): readonly ApiRoute[] {
  const jobs = async (signal: AbortSignal): Promise<readonly CronRow[]> => (await modules.call<{ readonly jobs: readonly CronRow[] }>('cron::list', {}, { signal })).jobs;
  const act = <T>(functionId: string) => async ({ params, body, signal }: ApiRequest) => {
    bodyFields(body, []);
    return modules.act<T>(functionId, { job_id: params['id'] }, { signal });
  };
  return [
    get('/crons', listKeys(listed), async ({ query, signal }) => listPage(await jobs(signal), query, listed)),
    get('/crons/:id', [], async ({ params, signal }) => {
      const id = params['id'] ?? '';
      const job = (await jobs(signal)).find((candidate) => candidate.job_id === id);
      if (job === undefined) throw consoleErrors.RESOURCE_NOT_FOUND({ kind: 'job', id });
      return job;
    }),
    get('/crons/:id/history', ['before', 'filter', 'from', 'to', ...pageKeys], async ({ params, query, signal }) => {
      const { limit, cursor, isClamped } = pageRequest(query);
      const most = Math.min(limit, mostRuns);
      const fits = rowFilter<CronRun>(query, { textOf: (run) => JSON.stringify(run), timeOf: (run) => Date.parse(run.scheduled_time) });
      const { rows, next } = await fittingPage(cursor ?? text(query, 'before'), fits, async (before) => {
        const page = await modules.call<{ readonly runs: readonly CronRun[]; readonly next?: string | null }>('cron::history', { job_id: params['id'], limit: most, ...(before === undefined ? {} : { before }) }, { signal });
        return { rows: page.runs, next: page.next ?? undefined };
      });
      return pageOf(rows, next, isClamped || most < limit);
    }),
    post('/crons/:id/run', act('cron::run_now')),
    post('/crons/:id/backfill', async ({ params, body, signal }) => {
      const { from, to, dryRun } = bodyFields(body, ['from', 'to', 'dryRun'], ['from']);
      const range = { from, ...(to === undefined ? {} : { to }), ...(dryRun === undefined ? {} : { dry_run: dryRun }) };
      return modules.act('cron::backfill', { job_id: params['id'], ...range }, { signal });
    }),
    post('/crons/:id/pause', act('cron::pause')),
    post('/crons/:id/resume', act('cron::resume')),
  ];
}
