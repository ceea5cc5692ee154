import { queue, step } from 'motia';

const text = 'x'.repeat(180);
/** Ages at the handler's start, in ms, until somebody asks for them. The clock is the machine's, the same in every process. */
let ages = [];
let handled = 0;
const triggers = [1, 16, 100].map((concurrency) => queue(`bench.${concurrency}`, { config: { concurrency } }));

export default step({ name: 'QueueBench', triggers: [...triggers, queue('bench.report', { config: { concurrency: 1 } })] }, async (message, ctx) => {
  if (message.produce !== undefined) {
    await produce(message.produce, ctx);
    await ctx.invoke('bench::produced', {}, { action: { type: 'void' } });
    return;
  }
  if (ctx.trigger.topic === 'bench.report') {
    await ctx.invoke('bench::report', { ages });
    ages = [];
    handled = 0;
    return;
  }
  if (message.sentAt !== undefined) ages.push(Number(process.hrtime.bigint() - BigInt(message.sentAt)) / 1e6);
  handled += 1;
  if (handled === message.last) {
    handled = 0;
    await ctx.invoke('bench::done', {}, { action: { type: 'void' } });
  }
});

/** Enqueues from this process, 64 at a time. */
async function produce(count, ctx) {
  let sent = 0;
  const producer = async () => {
    while (sent < count) {
      sent += 1;
      await ctx.enqueue({ topic: 'sink', data: { text, n: sent } });
    }
  };
  await Promise.all(Array.from({ length: 64 }, producer));
}
