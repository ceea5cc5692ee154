import { http, step } from 'motia';

export default step(
  {
    name: 'RunReport',
    description: 'Makes the report now, beside its schedule.',
    triggers: [http('POST', '/reports')],
  },
  async (_req, ctx) => {
    const { jobs } = await ctx.invoke<{ jobs: readonly { job_id: string }[] }>('cron::list', {});
    const started = await ctx.invoke<{ scheduled_time: string }>('cron::run_now', { job_id: jobs[0]?.job_id });
    return { status: 202, body: { slot: started.scheduled_time } };
  },
);
