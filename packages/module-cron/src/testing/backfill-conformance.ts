import { ManualClock, type TestRunner } from '@motia/engine-core/testing';
import type { BackfillRequest, CronStore } from '../cron-store.js';
import { claimOf, jobOf, key, type OpenCronStore } from './open-cron-store.js';

export interface BackfillSetting {
  readonly runner: TestRunner;
  readonly open: (clock: ManualClock) => Promise<OpenCronStore>;
}

const startsAt = '2026-03-10T12:00:00Z';
const t0 = Date.parse(startsAt);
const slot = (n: number): number => t0 + n * 1_000;

/** What stores promise of slots that are backfilled on demand. */
export function backfillConformance({ runner: { describe, it, expect }, open }: BackfillSetting): void {
  /** A job whose slots up to the tenth are over. */
  const withJob = async (clock = new ManualClock(startsAt)): Promise<OpenCronStore> => {
    const opened = await open(clock);
    await opened.store.saveJobs([jobOf('a', t0)]);
    await clock.advance('10s');
    await opened.store.claim(claimOf('a', t0, { scheduledAtMs: slot(10), wish: 'skip', reason: 'missed', missed: 9 }));
    return opened;
  };
  const ask = (slots: readonly number[], more: Partial<BackfillRequest> = {}): BackfillRequest => ({ jobId: 'a', slots: slots.map(slot), limit: 100, isDryRun: false, ...more });
  const told = async (store: CronStore, request: BackfillRequest): Promise<readonly number[] | 'gone'> => {
    const outcome = await store.backfill(request);
    return outcome.status === 'gone' ? 'gone' : outcome.slots.map((ms) => (ms - t0) / 1_000);
  };
  const tokenOf = async (store: CronStore, n: number): Promise<number | undefined> => (await store.promote(key('a', slot(n)), { wish: 'run' }))?.fencingToken;
  const codeOf = (asked: Promise<unknown>): Promise<unknown> => asked.then(() => undefined, (error: unknown) => (error as { readonly code?: string }).code);
  const states = async (store: CronStore): Promise<readonly string[]> => (await store.history({ jobId: 'a', limit: 100 })).map(({ scheduledAtMs, state }) => `${String((scheduledAtMs - t0) / 1_000)} ${state}`).reverse();

  describe('backfills', () => {
    it('slots without a run and those that were left out, each once, and leaves later ones to the schedule', async () => {
      await using opened = await withJob();
      const { store } = opened;
      expect(await told(store, ask([1, 2, 10, 11], { isDryRun: true }))).toEqual([1, 2, 10]);
      expect(await states(store)).toEqual(['10 skipped']);
      expect(await told(store, ask([1, 2, 10, 11]))).toEqual([1, 2, 10]);
      expect(await states(store)).toEqual(['1 waiting', '2 waiting', '10 waiting']);
      expect(await told(store, ask([1, 2, 3, 10]))).toEqual([3]);
      expect(await told(store, ask([1], { jobId: 'nobody' }))).toEqual('gone');
    });

    it('one after the other, behind what the schedule wants, and standing in nobody\'s way', async () => {
      await using opened = await withJob();
      const { store } = opened;
      await store.backfill(ask([1, 2]));
      expect(await tokenOf(store, 2)).toEqual(1);
      expect(await tokenOf(store, 1)).toEqual(undefined);
      expect((await store.claim(claimOf('a', slot(10), { overlap: 'queueOne' }))).status).toEqual('waiting');
      const ended = await store.end(key('a', slot(2)), 1, { state: 'succeeded' });
      expect(ended.next?.scheduledAtMs).toEqual(slot(11));
      await tokenOf(store, 11);
      const outcome = await store.claim(claimOf('a', slot(11), { overlap: 'replace' }));
      expect(outcome.status === 'claimed' ? outcome.replaced : outcome).toEqual([key('a', slot(11))]);
      expect(await states(store)).toEqual(['1 waiting', '2 succeeded', '10 skipped', '11 failed', '12 running']);
    });

    it('none of a paused job before it is resumed', async () => {
      await using opened = await withJob();
      const { store } = opened;
      await store.setPaused('a', true);
      expect(await told(store, ask([1]))).toEqual([1]);
      expect(await tokenOf(store, 1)).toEqual(undefined);
      await store.setPaused('a', false);
      expect(await tokenOf(store, 1)).toEqual(1);
      const run = (await store.history({ jobId: 'a', limit: 10 })).at(-1);
      expect([run?.kind, run?.isBackfilled, run?.state]).toEqual(['manual', true, 'running']);
    });

    it('C1 all of a request or none: not more than may wait, and none that may have run before the history begins', async () => {
      const clock = new ManualClock(startsAt);
      await using opened = await withJob(clock);
      const { store } = opened;
      expect(await codeOf(store.backfill(ask([1, 2, 3], { limit: 2 })))).toEqual('MOTIA_CRON_BACKFILL_LIMIT');
      expect(await states(store)).toEqual(['10 skipped']);
      for (let n = 10; n < 250; n += 1) {
        const outcome = await store.claim(claimOf('a', slot(n)));
        if (outcome.status === 'claimed') await store.end(key('a', slot(n + 1)), outcome.fencingToken ?? 0, { state: 'succeeded' });
      }
      await clock.advance('5m');
      expect(await codeOf(store.backfill(ask([20, 21])))).toEqual('MOTIA_CRON_HISTORY_TOO_SHORT');
      expect(await told(store, ask([200, 201]))).toEqual([]);
    });
  });
}
