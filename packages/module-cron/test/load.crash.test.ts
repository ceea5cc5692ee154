import { describe, expect, it } from '@jest/globals';
import { startTestHost } from '@motia/engine-core/testing';
import { stopwatch } from '@motia/tools/stopwatch';
import { temporaryFolder } from '@motia/tools/testing';
import { cron } from '../src/index.js';

const jobs = 1_000;
/** From the second in which they are due until the last one has started, on a machine that has processors to spare. */
const dispatchLimitMs = 2_000;
/** The longest stretch without a turn of the event loop, on such a machine. */
const turnLimitMs = 100;
/** Looking begins this long before they are due. */
const headStartMs = 50;

describe('a thousand jobs that are due in the same second', () => {
  it.each(['in_memory', 'file_based'])('#67 all run, each once, within two seconds, and hold nothing else up for a tenth of a second (%s)', async (store_method) => {
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

    await new Promise<void>((resolve) => setTimeout(resolve, at - Date.now() - headStartMs));
    const dispatch = stopwatch();
    let longestTurnMs = 0;
    let turn = stopwatch('thread');
    const watch = setInterval(() => {
      longestTurnMs = Math.max(longestTurnMs, turn.elapsedMs());
      turn = stopwatch('thread');
    }, 1);
    await all;
    const tookMs = dispatch.elapsedMs() - headStartMs;
    clearInterval(watch);
    expect(tookMs).toBeLessThan(dispatchLimitMs);
    expect(longestTurnMs).toBeLessThan(turnLimitMs);
    expect([...started.values()].every((count) => count === 1)).toBe(true);
    const { runs } = (await host.functions.invoke('cron::history', { limit: 100 })) as { runs: { reason: unknown }[] };
    expect(runs.filter(({ reason }) => reason !== null)).toEqual([]);
  }, 120_000);
});
