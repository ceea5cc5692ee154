import type { CronRow, CronRun } from '../../contract/index.js';
import { consoleErrors } from '../../errors.js';
import { route, type ApiRoute } from '../api-route.js';
import { bodyFields } from '../body-fields.js';
import type { ModuleFunctions } from '../module-functions.js';
import { listPage, type ListShape } from '../list-page.js';
import { pageRequest, text } from '../page-query.js';

const listed: ListShape<CronRow> = {
  keyOf: (job) => job.job_id,
  textOf: (job) => `${job.job_id} ${job.function_id} ${job.expression ?? ''}`,
  sorts: { next_run: (job) => job.next_run ?? undefined, function: (job) => job.function_id },
};

/** Schedules with their last and next runs. */
export function cronRoutes(modules: ModuleFunctions): readonly ApiRoute[] {
  const jobs = async (signal: AbortSignal): Promise<readonly CronRow[]> => (await modules.call<{ readonly jobs: readonly CronRow[] }>('cron::list', {}, { signal })).jobs;
  return [
    route('GET', '/crons', async ({ query, signal }) => listPage(await jobs(signal), query, listed)),
    route('GET', '/crons/:id', async ({ params, signal }) => {
      const id = params['id'] ?? '';
      const job = (await jobs(signal)).find((candidate) => candidate.job_id === id);
      if (job === undefined) throw consoleErrors.RESOURCE_NOT_FOUND({ kind: 'job', id });
      return job;
    }),
    route('GET', '/crons/:id/history', async ({ params, query, signal }) => {
      const { limit, cursor, isClamped } = pageRequest(query);
      const before = cursor ?? text(query, 'before');
      const most = Math.min(limit, 100);
      const { runs, next } = await modules.call<{ readonly runs: readonly CronRun[]; readonly next?: string | null }>('cron::history', { job_id: params['id'], limit: most, ...(before === undefined ? {} : { before }) }, { signal });
      return { items: runs, nextCursor: next ?? null, ...(isClamped || most < limit ? { clamped: true } : {}) };
    }),
    route('POST', '/crons/:id/run', ({ params, signal }) => modules.act('cron::run_now', { job_id: params['id'] }, { signal })),
    route('POST', '/crons/:id/backfill', ({ params, body, signal }) => {
      const { from, to, dryRun } = bodyFields(body, ['from', 'to', 'dryRun'], ['from']);
      const range = { from, ...(to === undefined ? {} : { to }), ...(dryRun === undefined ? {} : { dry_run: dryRun }) };
      return modules.act('cron::backfill', { job_id: params['id'], ...range }, { signal });
    }),
    route('POST', '/crons/:id/pause', ({ params, signal }) => modules.act('cron::pause', { job_id: params['id'] }, { signal })),
    route('POST', '/crons/:id/resume', ({ params, signal }) => modules.act('cron::resume', { job_id: params['id'] }, { signal })),
  ];
}
