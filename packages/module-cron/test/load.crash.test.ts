import { describe, expect, it } from '@jest/globals';
import { startTestHost } from '@motia/engine-core/testing';
import { temporaryFolder } from '@motia/tools/testing';
import { cron } from '../src/index.js';

const jobs = 1_000;
/** Of the processor, not of the wall clock: what a machine that does other things too would take by itself. */
const dispatchLimitMs = 2_000;
/** The longest stretch without a turn, in the same measure. */
const turnLimitMs = 250;

describe('a thousand jobs that are due in the same second', () => {
  it.each(['in_memory', 'file_based'])('all run, each once, within two seconds, and hold nothing else up (%s)', async (store_method) => {
    await using folder = temporaryFolder('cron-load');
    await using host = await startTestHost([cron({ adapter: { class: 'modules::cron::KvCronAdapter', config: { store_method, ...(store_method === 'file_based' ? { file_path: folder.path } : {}) } } })]);
    // Far enough away for a slow machine to register everything first.
    const at = Math.ceil((Date.now() + 10_000) / 1_000) * 1_000;
    const started = new Map<string, number>();
    let toldAll = (): void => undefined;
    const all = new Promise<void>((resolve) => (toldAll = resolve));
    for (let n = 0; n < jobs; n += 1) {
      host.functions.register({ id: `job-${n}` }, () => {
        started.set(`job-${n}`, (started.get(`job-${n}`) ?? 0) + 1);
        if (started.size === jobs) toldAll();
      });
    }
    const date = new Date(at);
    const expression = `${date.getUTCSeconds()} ${date.getUTCMinutes()} ${date.getUTCHours()} * * * *`;
    await Promise.all(Array.from({ length: jobs }, (_, n) => host.triggers.register({ type: 'cron', functionId: `job-${n}`, config: { expression } })));
    expect(Date.now()).toBeLessThan(at);

    await new Promise<void>((resolve) => setTimeout(resolve, at - Date.now() - 50));
    const before = process.cpuUsage();
    let longestTurnMs = 0;
    let turn = process.cpuUsage();
    const watch = setInterval(() => {
      const { user, system } = process.cpuUsage(turn);
      longestTurnMs = Math.max(longestTurnMs, (user + system) / 1_000);
      turn = process.cpuUsage();
    }, 1);
    await all;
    clearInterval(watch);
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 1_000).toBeLessThan(dispatchLimitMs);
    expect(longestTurnMs).toBeLessThan(turnLimitMs);
    expect([...started.values()].every((count) => count === 1)).toBe(true);
    const { runs } = (await host.functions.invoke('cron::history', { limit: 100 })) as { runs: { reason: unknown }[] };
    expect(runs.filter(({ reason }) => reason !== null)).toEqual([]);
  }, 120_000);
});
