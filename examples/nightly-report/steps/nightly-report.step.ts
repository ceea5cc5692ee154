import { cron, step } from 'motia';
import { reportOf, type Sale } from '../report.js';

export default step(
  {
    name: 'NightlyReport',
    description: 'Sums up the sales so far, every night at two o\'clock in Berlin.',
    // Two in the morning of Berlin, also on the two nights when its clocks change. An engine that comes back within six hours makes up for the run.
    triggers: [cron('0 0 2 * * * *', { timezone: 'Europe/Berlin', catchUp: 'last', catchUpWindowMs: 6 * 3_600_000 })],
  },
  async (slot, ctx) => {
    const sales: Sale[] = [];
    for await (const { value } of ctx.state.entries<Sale>('sales')) sales.push(value);
    const report = reportOf(sales, slot.scheduledTime);
    // A run that is tried again (ctx.attempt) finds its own report there and writes the same once more.
    await ctx.state.set('reports', slot.scheduledTime, { ...report, lateBySeconds: Math.round((Date.parse(slot.actualTime) - Date.parse(slot.scheduledTime)) / 1_000), backfilled: slot.backfilled });
    ctx.logger.info('report is made', { slot: slot.scheduledTime, sales: report.sales, attempt: ctx.attempt });
  },
);
