import type { AnyAdapterDefinition, ModuleUse } from '@motia/engine-core/contract';
import { ManualClock, type TestRunner } from '@motia/engine-core/testing';
import type { ClaimOutcome, CronStore } from '../cron-store.js';
import { backfillConformance } from './backfill-conformance.js';
import { claimOf, jobOf, key, openCronStore, type OpenCronStore } from './open-cron-store.js';

export interface CronStoreConformanceOptions {
  readonly adapter: AnyAdapterDefinition;
  /** Options of the adapter. Called once per test. */
  readonly options?: () => unknown;
  /** Options with which several engines share one store, for adapters with the capability `engines`. Called once per test. */
  readonly shared?: () => unknown;
  /** Modules that the adapter needs for that: a store that is opened as shared. */
  readonly support?: () => readonly ModuleUse[];
}

const start = '2026-03-10T12:00:00Z';
const t0 = Date.parse(start);

/**
 * What every adapter of the slot promises, as tests of the adapter's own suite:
 * `cronStoreConformance({ describe, it, expect }, { adapter: KvCronAdapter })`. Capabilities choose the tests.
 */
export function cronStoreConformance({ describe, it, expect }: TestRunner, { adapter, options = () => undefined, shared, support }: CronStoreConformanceOptions): void {
  const open = (clock = new ManualClock(start), config = options()): Promise<OpenCronStore> => openCronStore(adapter, { config, clock });
  const withJob = async (jobId = 'a', clock?: ManualClock): Promise<OpenCronStore> => {
    const opened = await open(clock);
    await opened.store.saveJobs([jobOf(jobId, t0)]);
    return opened;
  };
  const running = async (store: CronStore, expectedAnchorMs = t0, jobId = 'a'): Promise<number> => {
    const outcome = await store.claim(claimOf(jobId, expectedAnchorMs));
    return outcome.status === 'claimed' ? (outcome.fencingToken ?? -1) : -1;
  };
  const statusOf = async (claim: Promise<ClaimOutcome>): Promise<string> => (await claim).status;
  const stateOf = async (store: CronStore, scheduledAtMs: number, jobId = 'a') => (await store.history({ jobId, limit: 100 })).find((run) => run.scheduledAtMs === scheduledAtMs);

  describe(`${adapter.name} as a store of cron jobs`, () => {
    describe('keeps jobs', () => {
      it('which are new once, and keep their anchor and pause when they are seen again', async () => {
        await using opened = await open();
        const { store } = opened;
        expect(await store.saveJobs([jobOf('a', t0), jobOf('b', t0 + 5)])).toEqual([
          { jobId: 'a', functionId: 'function of a', origin: 'trigger', spec: jobOf('a', 0).spec, anchorMs: t0, isPaused: false },
          { jobId: 'b', functionId: 'function of b', origin: 'trigger', spec: jobOf('b', 0).spec, anchorMs: t0 + 5, isPaused: false },
        ]);
        await store.setPaused('a', true);
        const [again] = await store.saveJobs([jobOf('a', t0 + 60_000)]);
        expect([again?.anchorMs, again?.isPaused]).toEqual([t0, true]);
        expect((await store.states()).map(({ jobId }) => jobId)).toEqual(['a', 'b']);
        expect((await store.states(['b', 'nobody'])).map(({ jobId }) => jobId)).toEqual(['b']);
      });

      it('for as long as an engine names them, and a month more', async () => {
        const clock = new ManualClock(start);
        await using opened = await withJob('ticks', clock);
        const { store } = opened;
        await store.saveJobs([jobOf('forgotten', t0)]);
        await store.setPaused('ticks', true);
        for (let day = 0; day < 40; day += 10) {
          await clock.advance('10d');
          await store.prune(['ticks']);
        }
        expect((await store.states()).map(({ jobId, isPaused }) => [jobId, isPaused])).toEqual([['ticks', true]]);
        await clock.advance('31d');
        await store.prune([]);
        expect(await store.states()).toEqual([]);
      });

      it('and resumes them from now', async () => {
        const clock = new ManualClock(start);
        await using opened = await withJob('a', clock);
        const { store } = opened;
        expect([await store.setPaused('a', true), await store.setPaused('nobody', true)]).toEqual([true, false]);
        expect(await statusOf(store.claim(claimOf('a', t0)))).toEqual('paused');
        await clock.advance('1h');
        await store.setPaused('a', false);
        const [state] = await store.states(['a']);
        expect([state?.isPaused, state?.anchorMs]).toEqual([false, t0 + 3_600_000]);
      });

      it('of calls apart, with a version that tells changes', async () => {
        await using opened = await withJob('code');
        const { store } = opened;
        const before = await store.scheduled();
        expect(await store.putScheduled(jobOf('call', t0, 'scheduled')).then(({ isNew }) => isNew)).toEqual(true);
        expect(await store.putScheduled({ ...jobOf('call', t0 + 7, 'scheduled'), functionId: 'other' }).then(({ isNew, state }) => [isNew, state.functionId, state.anchorMs])).toEqual([false, 'other', t0 + 7]);
        // Made once more as it is, it keeps its anchor.
        expect(await store.putScheduled({ ...jobOf('call', t0 + 9, 'scheduled'), functionId: 'other' }).then(({ isNew, state }) => [isNew, state.anchorMs])).toEqual([false, t0 + 7]);
        const after = await store.scheduled(before.version);
        expect(after.jobs?.map(({ jobId }) => jobId)).toEqual(['call']);
        expect((await store.scheduled(after.version)).jobs).toEqual(undefined);
        expect([await store.removeScheduled('call'), await store.removeScheduled('call'), await store.removeScheduled('code')]).toEqual([true, false, false]);
        expect((await store.scheduled(after.version)).jobs).toEqual([]);
      });
    });

    describe('gives slots away', () => {
      it('C1 once, however many ask at the same time', async () => {
        await using opened = await withJob();
        const outcomes = await Promise.all(Array.from({ length: 20 }, () => statusOf(opened.store.claim(claimOf('a', t0)))));
        expect([...outcomes].sort()).toEqual(['claimed', ...Array.from({ length: 19 }, () => 'taken')]);
      });

      it('C6 in order: none at or before the anchor comes again', async () => {
        await using opened = await withJob();
        const { store } = opened;
        await store.claim(claimOf('a', t0, { overlap: 'allow' }));
        expect(await store.claim(claimOf('a', t0))).toEqual({ status: 'taken', anchorMs: t0 + 1_000 });
        expect(await store.claim(claimOf('a', t0 + 1_000, { scheduledAtMs: t0 + 500 }))).toEqual({ status: 'taken', anchorMs: t0 + 1_000 });
        expect(await statusOf(store.claim(claimOf('a', t0 + 1_000, { overlap: 'allow' })))).toEqual('claimed');
      });

      it('of a job that it knows', async () => {
        await using opened = await open();
        expect(await opened.store.claim(claimOf('nobody', t0))).toEqual({ status: 'gone' });
      });

      it('C4 with a token that grows with every start', async () => {
        await using opened = await withJob();
        const { store } = opened;
        await store.saveJobs([jobOf('b', t0)]);
        const tokens = [await running(store), await running(store, t0, 'b')];
        await store.end(key('a', t0 + 1_000), tokens[0] ?? 0, { state: 'succeeded' });
        tokens.push(await running(store, t0 + 1_000));
        expect(tokens.every((token, index) => token > (tokens[index - 1] ?? 0))).toEqual(true);
      });

      it('and writes down those that are not to be run', async () => {
        await using opened = await withJob();
        const { store } = opened;
        expect(await store.claim(claimOf('a', t0, { wish: 'skip', reason: 'missed', missed: 12 }))).toEqual({ status: 'skipped', reason: 'missed' });
        const run = await stateOf(store, t0 + 1_000);
        expect([run?.state, run?.reason, run?.missed]).toEqual(['skipped', 'missed', 12]);
        const [state] = await store.states(['a']);
        expect([state?.anchorMs, state?.lastScheduledAtMs, state?.lastResult]).toEqual([t0 + 1_000, t0 + 1_000, 'skipped']);
      });

      it('asked for by hand beside the schedule, also while it is paused', async () => {
        await using opened = await withJob();
        const { store } = opened;
        await store.setPaused('a', true);
        const manual = claimOf('a', t0, { kind: 'manual', scheduledAtMs: t0 + 1, overlap: 'allow' });
        expect([await statusOf(store.claim(manual)), await statusOf(store.claim(manual))]).toEqual(['claimed', 'taken']);
        const [state] = await store.states(['a']);
        expect([state?.anchorMs, state?.lastResult]).toEqual([t0, 'running']);
      });
    });

    describe('keeps runs apart as the overlap policy says', () => {
      it('C3 forbid: the slot is skipped', async () => {
        await using opened = await withJob();
        const { store } = opened;
        await running(store);
        expect(await store.claim(claimOf('a', t0 + 1_000))).toEqual({ status: 'skipped', reason: 'overlap' });
        const [state] = await store.states(['a']);
        expect([state?.anchorMs, state?.lastResult]).toEqual([t0 + 2_000, 'running']);
      });

      it('C3 allow: both run', async () => {
        await using opened = await withJob();
        const { store } = opened;
        await running(store);
        expect(await statusOf(store.claim(claimOf('a', t0 + 1_000, { overlap: 'allow' })))).toEqual('claimed');
        expect((await store.openRuns(['a'])).length).toEqual(2);
      });

      it('C3 replace: the old run is over, and its end changes nothing', async () => {
        await using opened = await withJob();
        const { store } = opened;
        const token = await running(store);
        const outcome = await store.claim(claimOf('a', t0 + 1_000, { overlap: 'replace' }));
        expect(outcome.status === 'claimed' ? outcome.replaced : []).toEqual([key('a', t0 + 1_000)]);
        expect(await store.end(key('a', t0 + 1_000), token, { state: 'succeeded' })).toEqual({ isCurrent: false });
        const old = await stateOf(store, t0 + 1_000);
        expect([old?.state, old?.reason]).toEqual(['failed', 'replaced']);
      });

      it('C3 queueOne: one waits, the next is skipped, and the end of the first hands the one that waits over', async () => {
        await using opened = await withJob();
        const { store } = opened;
        const token = await running(store);
        expect(await statusOf(store.claim(claimOf('a', t0 + 1_000, { overlap: 'queueOne' })))).toEqual('waiting');
        expect(await store.claim(claimOf('a', t0 + 2_000, { overlap: 'queueOne' }))).toEqual({ status: 'skipped', reason: 'overlap' });
        expect(await store.promote(key('a', t0 + 2_000), { wish: 'run' })).toEqual(undefined);
        const { next } = await store.end(key('a', t0 + 1_000), token, { state: 'failed', error: { code: 'X', message: 'no' } });
        expect([next?.state, next?.scheduledAtMs]).toEqual(['waiting', t0 + 2_000]);
        const [started, second] = [await store.promote(key('a', t0 + 2_000), { wish: 'run' }), await store.promote(key('a', t0 + 2_000), { wish: 'run' })];
        expect([(started?.fencingToken ?? 0) > token, second]).toEqual([true, undefined]);
      });

      it('O2 a run that is started later, or again, is in the trace of its newest start', async () => {
        await using opened = await withJob();
        const { store } = opened;
        const traceId = async (): Promise<string | undefined> => (await store.history({ jobId: 'a', limit: 1 }))[0]?.traceId;
        const token = await running(store);
        await store.claim(claimOf('a', t0 + 1_000, { overlap: 'queueOne', traceId: 'waits' }));
        expect(await traceId()).toEqual('waits');
        await store.end(key('a', t0 + 1_000), token, { state: 'succeeded' });
        const started = await store.promote(key('a', t0 + 2_000), { wish: 'run', traceId: 'starts' });
        expect(await traceId()).toEqual('starts');
        const again = await store.takeOver(key('a', t0 + 2_000), started?.fencingToken ?? 0, { wish: 'run', traceId: 'starts again' });
        expect(await traceId()).toEqual('starts again');
        await store.takeOver(key('a', t0 + 2_000), again?.fencingToken ?? 0, { wish: 'run' });
        expect(await traceId()).toEqual('starts again');
      });

      it('and leaves slots of a backlog where they are', async () => {
        await using opened = await withJob();
        const { store } = opened;
        expect(await statusOf(store.claim(claimOf('a', t0, { isBackfilled: true })))).toEqual('claimed');
        for (const mustWait of ['for any', 'for backfills'] as const) expect(await statusOf(store.claim(claimOf('a', t0 + 1_000, { mustWait })))).toEqual('blocked');
        const [state] = await store.states(['a']);
        expect(state?.anchorMs).toEqual(t0 + 1_000);
      });

      it('settle tells when a slot could be had, and records when it could not', async () => {
        await using opened = await withJob();
        const { store } = opened;
        expect(await statusOf(store.claim(claimOf('a', t0, { wish: 'settle' })))).toEqual('free');
        await running(store);
        expect(await statusOf(store.claim(claimOf('a', t0 + 1_000, { wish: 'settle' })))).toEqual('skipped');
      });
    });

    describe('follows runs', () => {
      it('to their end, with what the job shows of it', async () => {
        const clock = new ManualClock(start);
        await using opened = await withJob('a', clock);
        const { store } = opened;
        const token = await running(store);
        await clock.advance('5s');
        expect(await store.end(key('a', t0 + 1_000), token, { state: 'failed', reason: 'why', error: { code: 'X', message: 'no' } })).toEqual({ isCurrent: true });
        const run = await stateOf(store, t0 + 1_000);
        expect([run?.state, run?.reason, run?.error, run?.attempts, (run?.endedAtMs ?? 0) - (run?.startedAtMs ?? 0)]).toEqual(['failed', 'why', { code: 'X', message: 'no' }, 1, 5_000]);
        const [state] = await store.states(['a']);
        expect([state?.lastResult, state?.lastError, state?.lastScheduledAtMs]).toEqual(['failed', { code: 'X', message: 'no' }, t0 + 1_000]);
        expect(await store.openRuns()).toEqual([]);
      });

      it('as messages: each beginning has a token of its own, and an old one ends nothing', async () => {
        await using opened = await withJob();
        const { store } = opened;
        await store.claim(claimOf('a', t0, { wish: 'queue', messageId: 'm1', isBackfilled: true }));
        const run = key('a', t0 + 1_000);
        const [first, second] = [await store.begin(run), await store.begin(run)];
        if (first.status !== 'begun' || second.status !== 'begun') throw new Error('not begun');
        expect([first.attempts, second.attempts, second.isBackfilled, second.fencingToken > first.fencingToken]).toEqual([1, 2, true, true]);
        expect(await store.end(run, first.fencingToken, { state: 'succeeded' })).toEqual({ isCurrent: false });
        expect(await store.end(run, second.fencingToken, { state: 'queued', error: { code: 'X', message: 'again' } })).toEqual({ isCurrent: true });
        expect((await store.openRuns(['a'])).map(({ state, error }) => [state, error?.code])).toEqual([['queued', 'X']]);
        expect(await store.endMessage(run, 'another', { state: 'failed' })).toEqual({ isCurrent: false });
        expect(await store.endMessage(run, 'm1', { state: 'failed', reason: 'dead', error: { code: 'X', message: 'last' } })).toEqual({ isCurrent: true });
        // Brought back from the dead letters.
        const redriven = await store.begin(run);
        if (redriven.status !== 'begun') throw new Error('not begun');
        await store.end(run, redriven.fencingToken, { state: 'succeeded' });
        expect(await store.begin(run)).toEqual({ status: 'over', reason: 'succeeded' });
        expect((await store.begin(key('a', t0))).status).toEqual('over');
      });

      it('which are lost: one takes them over', async () => {
        await using opened = await withJob();
        const { store } = opened;
        const run = key('a', t0 + 1_000);
        const token = await running(store);
        const [first, second] = await Promise.all([store.takeOver(run, token, { wish: 'run' }), store.takeOver(run, token, { wish: 'run' })]);
        expect([first === undefined, second === undefined].filter(Boolean).length).toEqual(1);
        const after = await stateOf(store, t0 + 1_000);
        expect([after?.attempts, after?.losses, (after?.fencingToken ?? 0) > token]).toEqual([2, 1, true]);
      });

      it('which are given back: they stay open, and taking them over is no loss', async () => {
        await using opened = await withJob();
        const { store } = opened;
        const run = key('a', t0 + 1_000);
        const token = await running(store);
        await store.release(run, token + 1);
        expect((await stateOf(store, t0 + 1_000))?.state).toEqual('running');
        await store.release(run, token);
        expect((await store.openRuns(['a'])).map(({ state }) => state)).toEqual(['released']);
        await store.takeOver(run, token, { wish: 'run' });
        const after = await stateOf(store, t0 + 1_000);
        expect([after?.state, after?.losses]).toEqual(['running', 0]);
      });

      it('of one-offs, with which a job made by a call ends', async () => {
        await using opened = await open();
        const { store } = opened;
        for (const jobId of ['ran', 'skipped']) await store.putScheduled(jobOf(jobId, t0, 'scheduled'));
        const claimed = await store.claim(claimOf('ran', t0, { isLast: true }));
        await store.end(key('ran', t0 + 1_000), claimed.status === 'claimed' ? (claimed.fencingToken ?? 0) : 0, { state: 'succeeded' });
        await store.claim(claimOf('skipped', t0, { isLast: true, wish: 'skip' }));
        expect([await store.states(), (await store.scheduled()).jobs]).toEqual([[], []]);
        expect((await store.history({ limit: 10 })).map(({ jobId, state }) => [jobId, state])).toEqual([['ran', 'succeeded'], ['skipped', 'skipped']]);
      });

      it('through history, newest first, page by page', async () => {
        await using opened = await withJob();
        const { store } = opened;
        for (let n = 0; n < 5; n += 1) await store.claim(claimOf('a', t0 + n * 1_000, { wish: 'skip' }));
        const page = await store.history({ jobId: 'a', limit: 2 });
        expect(page.map(({ scheduledAtMs }) => scheduledAtMs - t0)).toEqual([5_000, 4_000]);
        const rest = await store.history({ limit: 10, beforeMs: page.at(-1)?.scheduledAtMs ?? 0 });
        expect(rest.map(({ scheduledAtMs }) => scheduledAtMs - t0)).toEqual([3_000, 2_000, 1_000]);
      });
    });

    backfillConformance({ runner: { describe, it, expect }, open: (clock) => open(clock) });
    if (adapter.capabilities.includes('transactions')) transactions({ describe, it, expect }, withJob);
    if (adapter.capabilities.includes('engines') && shared !== undefined) engines({ describe, it, expect }, (config, clock) => openCronStore(adapter, { config, clock, support: support?.() ?? [] }), shared);
  });
}

function transactions({ describe, it, expect }: TestRunner, withJob: () => Promise<OpenCronStore>): void {
  describe('takes part in transactions', () => {
    it('a slot that is claimed is committed with the rest', async () => {
      await using opened = await withJob();
      const { store } = opened;
      const outcome = await store.store?.transaction((tx) => store.claim(claimOf('a', t0, { wish: 'queue', messageId: 'm' }), { tx }));
      expect(outcome?.status).toEqual('claimed');
      expect((await store.openRuns()).map(({ messageId }) => messageId)).toEqual(['m']);
    });

    it('a slot that is not to be had undoes the rest', async () => {
      await using opened = await withJob();
      const { store } = opened;
      await store.claim(claimOf('a', t0));
      const failure = await store.store?.transaction((tx) => Promise.all([store.claim(claimOf('a', t0 + 1_000), { tx }), store.promote(key('a', t0), { wish: 'run' }, { tx })])).catch((error: unknown) => (error as { code?: string }).code);
      expect(failure).toEqual('MOTIA_CRON_SLOT_REFUSED');
      expect((await store.states(['a']))[0]?.anchorMs).toEqual(t0 + 1_000);
    });
  });
}

function engines({ describe, it, expect }: TestRunner, open: (config: unknown, clock: ManualClock) => Promise<OpenCronStore>, shared: () => unknown): void {
  describe('serves several engines', () => {
    it('C1 a slot goes to one of them', async () => {
      const config = shared();
      await using here = await open(config, new ManualClock(start));
      await using there = await open(config, new ManualClock(start));
      for (const { store } of [here, there]) await store.saveJobs([jobOf('a', t0)]);
      const outcomes: string[] = [];
      for (let n = 0; n < 20; n += 1) {
        const claim = claimOf('a', t0 + n * 1_000, { overlap: 'allow' });
        outcomes.push(...(await Promise.all([here.store.claim(claim), there.store.claim(claim)])).map(({ status }) => status));
      }
      expect(outcomes.filter((status) => status === 'claimed').length).toEqual(20);
      expect((await there.store.history({ jobId: 'a', limit: 100 })).length).toEqual(20);
    });

    it('and tells which of them is gone: at once when it left, after its lease when it did not', async () => {
      const config = shared();
      const clock = new ManualClock(start);
      await using here = await open(config, clock);
      const there = await open(config, new ManualClock(start));
      const other = there.store.store?.engineId ?? '';
      await here.store.renew();
      expect([here.store.isGone(other), here.store.isGone(here.store.store?.engineId ?? '')]).toEqual([false, false]);
      await clock.advance('9s');
      await here.store.renew();
      expect(here.store.isGone(other)).toEqual(false);
      await clock.advance('2s');
      await here.store.renew();
      expect(here.store.isGone(other)).toEqual(true);
      await there.store.renew();
      await here.store.renew();
      expect(here.store.isGone(other)).toEqual(false);
      await there[Symbol.asyncDispose]();
      await here.store.renew();
      expect(here.store.isGone(other)).toEqual(true);
    });

    it('and tells changes of others', async () => {
      const config = shared();
      const clock = new ManualClock(start);
      await using here = await open(config, clock);
      await using there = await open(config, new ManualClock(start));
      let heard = 0;
      const listening = here.store.onForeignChange(() => (heard += 1));
      await there.store.saveJobs([jobOf('a', t0)]);
      for (let look = 0; look < 100 && heard === 0; look += 1) await clock.advance('50ms');
      expect([heard > 0, (await here.store.states()).map(({ jobId }) => jobId)]).toEqual([true, ['a']]);
      listening.dispose();
    });
  });
}
