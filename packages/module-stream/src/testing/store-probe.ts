import { noOptions } from '@motia/engine-core';
import { defineModule, defineRef, type ModuleUse, type PluginChoice } from '@motia/engine-core/contract';
import { startTestHost, type TestHost } from '@motia/engine-core/testing';
import { StreamStoreSlot, type StreamStore, type StreamStoreCapability } from '../stream-store.js';

/** A store in an engine of its own. */
export interface StoreProbe extends AsyncDisposable {
  readonly store: StreamStore;
  readonly supports: ReadonlySet<StreamStoreCapability>;
  readonly host: TestHost;
}

const ProbeRef = defineRef<Pick<StoreProbe, 'store' | 'supports'>>('stream.store.probe');

/** What stores are opened with in tests. */
export const probeSettings = { resumeEvents: 50, resumeAgeMs: 600_000, maxValueBytes: 10_000, maxSnapshotBytes: 100_000 };

/** Starts an engine with nothing but the store. */
export async function probeStore(adapter: PluginChoice, modules: readonly ModuleUse[], settings = probeSettings): Promise<StoreProbe> {
  const definition = defineModule({
    name: '@motia/module-stream-probe',
    version: '0.1.0',
    contract: 1,
    class: 'modules::stream::StoreProbe',
    options: noOptions,
    provides: { probe: ProbeRef },
    async create(ctx) {
      const { service: store, supports } = await ctx.adapter(StreamStoreSlot, adapter);
      return { services: { probe: { store, supports } }, start: () => store.open(settings) };
    },
  });
  const host = await startTestHost([...modules, { definition }]);
  return { ...host.service(ProbeRef), host, [Symbol.asyncDispose]: () => host.stop() };
}
