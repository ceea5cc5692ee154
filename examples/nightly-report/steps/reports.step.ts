import { http, step } from 'motia';
import type { Report } from '../report.js';

export default step(
  {
    name: 'Reports',
    description: 'Shows the reports, and when the next one is due.',
    triggers: [http('GET', '/reports')],
  },
  async (_req, ctx) => {
    const { jobs } = await ctx.invoke<{ jobs: readonly { next_run: string | null; last_result: string | null }[] }>('cron::list', {});
    return { status: 200, body: { next: jobs[0]?.next_run ?? null, last: jobs[0]?.last_result ?? null, reports: await ctx.state.list<Report>('reports') } };
  },
);
