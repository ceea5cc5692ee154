import { noOptions } from '@motia/engine-core';
import { defineModule, defineRef, type AnyAdapterDefinition, type ModuleUse } from '@motia/engine-core/contract';
import { startTestHost, type ManualClock } from '@motia/engine-core/testing';
import { CronStoreSlot, type ClaimRequest, type CronStore, type JobState, type RunKey } from '../cron-store.js';

const StoreRef = defineRef<CronStore>('cron.conformance');

/** A store of an engine that does nothing else. */
export interface OpenCronStore extends AsyncDisposable {
  readonly store: CronStore;
}

export async function openCronStore(adapter: AnyAdapterDefinition, { config, clock, support = [] }: { readonly config?: unknown; readonly clock: ManualClock; readonly support?: readonly ModuleUse[] }): Promise<OpenCronStore> {
  const probe = defineModule({
    name: '@motia/cron-probe', version: '0.0.0', contract: 1, class: 'modules::cron::Probe', options: noOptions, provides: { store: StoreRef },
    async create(ctx) {
      const { service } = await ctx.adapter(CronStoreSlot, { class: adapter.class, ...(config === undefined ? {} : { config }) });
      return { services: { store: service } };
    },
  });
  const host = await startTestHost([...support, { definition: probe }], { definitions: [adapter], clock });
  return { store: host.service(StoreRef), [Symbol.asyncDispose]: () => host.stop() };
}

/** A job of the suite. */
export function jobOf(jobId: string, anchorMs: number, origin: JobState['origin'] = 'trigger'): Parameters<CronStore['saveJobs']>[0][number] {
  return { jobId, functionId: `function of ${jobId}`, origin, spec: JSON.stringify({ timezone: 'UTC', expression: '* * * * * * *' }), anchorMs };
}

export const key = (jobId: string, scheduledAtMs: number): RunKey => ({ jobId, scheduledAtMs });

/** A claim of the suite: the slot after the anchor, run at once, unless `more` says otherwise. */
export function claimOf(jobId: string, expectedAnchorMs: number, more: Partial<ClaimRequest> = {}): ClaimRequest {
  return { jobId, scheduledAtMs: expectedAnchorMs + 1_000, expectedAnchorMs, kind: 'slot', wish: 'run', overlap: 'forbid', isBackfilled: false, missed: 0, ...more };
}
