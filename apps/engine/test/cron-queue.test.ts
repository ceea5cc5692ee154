import { describe, expect, it } from '@jest/globals';
import { connectTestWorker, ManualClock, startTestHost, type TestFunction, type TestHost, type TestWorker } from '@motia/engine-core/testing';
import { cron } from '@motia/module-cron';
import { queue } from '@motia/module-queue';
import { sqliteStore } from '@motia/store-sqlite';
import { temporaryFolder } from '@motia/tools/testing';

interface Run {
  readonly state: string;
  readonly attempts: number;
  readonly reason: string | null;
  readonly scheduled_time: string;
  readonly message_id: string | null;
}
const modules = (folder: string, shared = false): Parameters<typeof startTestHost>[0] => {
  const config = { store_method: 'file_based', file_path: folder };
  return [
    sqliteStore({ data_dir: folder, shared }),
    queue({ adapter: { class: 'modules::queue::BuiltinQueueAdapter', config: { ...config, backoff_ms: 10, max_attempts: 3 } } }),
    cron({ adapter: { class: 'modules::cron::KvCronAdapter', config } }),
  ];
};
const start = (folder: string, shared = false): Promise<TestHost> => startTestHost(modules(folder, shared));
const worker = (host: TestHost, handler: TestFunction, config: Readonly<Record<string, unknown>>, owner = 'app'): Promise<TestWorker> =>
  connectTestWorker(host, { owner, retain: true, functions: { 'app::work': handler }, triggers: [{ type: 'cron', functionId: 'app::work', config }] });
const jobIdOf = (host: TestHost): string => host.triggers.list().find(({ type }) => type === 'cron')?.id ?? '';
const history = async (host: TestHost): Promise<readonly Run[]> => ((await host.functions.invoke('cron::history', { limit: 100 })) as { runs: Run[] }).runs;
async function until<T>(look: () => T | Promise<T>, isThere: (seen: T) => boolean): Promise<T> {
  for (;;) {
    const seen = await look();
    if (isThere(seen)) return seen;
    await new Promise<void>((resolve) => setTimeout(resolve, 20));
  }
}
/** Only when it is asked for. */
const never = { expression: '0 0 0 1 1 * 9999' };

describe('cron runs on the queue', () => {
  it('#66 a run whose process dies in the middle is delivered again: the same slot, the same key', async () => {
    await using folder = temporaryFolder('cron-queue');
    await using host = await start(folder.path);
    const first = await worker(host, () => new Promise(() => undefined), never);
    await host.functions.invoke('cron::run_now', { job_id: jobIdOf(host) });
    await until(() => first.calls.length, (calls) => calls === 1);
    first.kill();
    await using second = await worker(host, () => undefined, never);
    await until(() => history(host), ([run]) => run?.state === 'succeeded');
    const [before, after] = [first.calls[0], second.calls[0]];
    expect(after?.payload).toMatchObject({ scheduled_time: (before?.payload as { scheduled_time: string }).scheduled_time });
    expect(after?.params.idempotencyKey).toBe(before?.params.idempotencyKey);
    expect((after?.payload as { fencingToken: number }).fencingToken).toBeGreaterThan((before?.payload as { fencingToken: number }).fencingToken);
    expect(await history(host)).toMatchObject([{ state: 'succeeded', attempts: 2, message_id: before?.params.idempotencyKey }]);
  }, 60_000);

  it('Q12 a run that never works is dead and says so; brought back from the dead letters it can still succeed', async () => {
    await using folder = temporaryFolder('cron-queue');
    await using host = await start(folder.path);
    let isRepaired = false;
    await using _app = await worker(host, () => {
      if (!isRepaired) throw new Error('not repaired yet');
    }, never);
    await host.functions.invoke('cron::run_now', { job_id: jobIdOf(host) });
    const [dead] = await until(() => history(host), ([run]) => run?.state === 'failed');
    expect(dead).toMatchObject({ state: 'failed', reason: 'dead', attempts: 3 });
    isRepaired = true;
    await host.functions.invoke('queue::redrive', { queue: 'default' });
    expect((await until(() => history(host), ([run]) => run?.state === 'succeeded'))[0]).toMatchObject({ attempts: 4, reason: null });
  }, 60_000);

  it('a run whose function is away waits for it without an attempt, and looks for it less and less often', async () => {
    await using folder = temporaryFolder('cron-queue');
    const clock = new ManualClock('2026-03-10T12:00:00Z');
    await using host = await startTestHost(modules(folder.path), { clock });
    const first = await worker(host, () => undefined, never);
    await host.functions.invoke('queue::pause', { queue: 'default' });
    await host.functions.invoke('cron::run_now', { job_id: jobIdOf(host) });
    const messageId = (await history(host))[0]?.message_id;
    await first[Symbol.asyncDispose]();
    await host.functions.invoke('queue::resume', { queue: 'default' });
    await clock.advance('10m');
    const message = async (): Promise<{ readonly state: string; readonly attempts: number; readonly deliveries: number }> => (await host.functions.invoke('queue::message', { messageId })) as never;
    expect(await message()).toMatchObject({ state: 'delayed', attempts: 0 });
    expect((await message()).deliveries).toBeLessThan(150);
    await using second = await worker(host, () => undefined, never);
    await clock.advance('5s');
    await until(message, ({ state }) => state === 'completed');
    expect(second.calls).toHaveLength(1);
    expect(await history(host)).toMatchObject([{ state: 'succeeded' }]);
  }, 60_000);

  it('C1 two engines on one store: each slot of a job that runs each second is dispatched once', async () => {
    await using folder = temporaryFolder('cron-queue');
    await using here = await start(folder.path, true);
    await using there = await start(folder.path, true);
    const config = { expression: '* * * * * * *', overlap: 'allow', catch_up: 'all' };
    await using one = await worker(here, () => undefined, config, 'one');
    await using two = await worker(there, () => undefined, config, 'two');
    const slots = (): readonly string[] => [...one.calls, ...two.calls].map(({ payload }) => (payload as { scheduled_time: string }).scheduled_time).sort();
    // Messages of two slots may overtake one another: six in a row are waited for.
    const isRow = (seen: readonly string[]): boolean => seen.slice(0, 6).every((slot, index) => Date.parse(slot) - Date.parse(seen[0] ?? '') === index * 1_000);
    const seen = await until(slots, (all) => all.length >= 6 && (isRow(all) || new Set(all).size < all.length));
    expect(new Set(seen).size).toBe(seen.length);
  }, 90_000);

  it('C1 slots that are backfilled are messages, too, each of them once', async () => {
    await using folder = temporaryFolder('cron-queue');
    await using host = await start(folder.path);
    const seen: unknown[] = [];
    await using _app = await worker(host, (payload) => seen.push((payload as { readonly scheduled_time: string }).scheduled_time), { expression: '0 0 * * * * *' });
    const hour = Math.floor(Date.now() / 3_600_000) * 3_600_000;
    const range = { job_id: jobIdOf(host), from: new Date(hour - 3 * 3_600_000).toISOString(), to: new Date(hour - 3_600_000).toISOString() };
    const expected = [3, 2, 1].map((ago) => new Date(hour - ago * 3_600_000).toISOString().replace('.000', ''));
    expect(await host.functions.invoke('cron::backfill', range)).toMatchObject({ slots: expected });
    expect(await host.functions.invoke('cron::backfill', range)).toMatchObject({ slots: [] });
    const runs = await until(() => history(host), (all) => all.length === 3 && all.every(({ state }) => state === 'succeeded'));
    expect([seen, runs.every(({ message_id: id }) => id !== null)]).toEqual([expected, true]);
  });
});
