import type { Lifecycle, PluginContext, StorePoolRef, StreamService } from '@motia/engine-core/contract';
import { CustomMarks } from './custom/custom-marks.js';
import { CustomStorage } from './custom/custom-storage.js';
import { Hub } from './delivery/hub.js';
import { newCounters } from './delivery/outlet.js';
import { WriteTurn } from './delivery/write-turn.js';
import { StreamFunctions } from './functions/stream-functions.js';
import { createGateway } from './gateway/create-gateway.js';
import { registerMetrics } from './metrics.js';
import type { StreamOptions } from './options.js';
import { TriggerPresence } from './presence/trigger-presence.js';
import { StreamOperations } from './stream-operations.js';
import { StreamSource } from './stream-source.js';
import type { StreamStore } from './stream-store.js';
import { StreamTriggers } from './triggers/stream-triggers.js';

type Context = PluginContext<{}, { readonly pool: typeof StorePoolRef }>;

/** Puts the module together. Nothing is opened before `start`. */
export function createStreams(ctx: Context, options: StreamOptions, store: StreamStore): Lifecycle & { readonly services: { readonly stream: StreamService } } {
  const { functions, logger } = ctx;
  const turn = new WriteTurn();
  const counters = newCounters();
  let stopListening: (() => void) | undefined;
  const hub = new Hub(turn, (isUsed) => {
    if (isUsed) stopListening = listen();
    else stopListening?.();
  });
  const listen = (): (() => void) => {
    const registration = store.listen({ events: (events) => hub.publish(events), missed: () => hub.missed() });
    return () => registration.dispose();
  };
  const parts: Started = { triggers: undefined, presence: undefined };
  const marks = new CustomMarks({ functions, store, clock: ctx.clock, logger });
  const custom: CustomStorage = new CustomStorage({
    functions, marks, clock: ctx.clock, maxSnapshotBytes: options.max_snapshot_bytes, maxValueBytes: options.max_value_bytes,
    record: (address, change, changeOptions) => operations.record(address, change, changeOptions),
  });
  const gateway = createGateway(ctx, options, { hub, turn, counters, source: new StreamSource(store, custom), presence: () => parts.presence });
  const operations: StreamOperations = new StreamOperations({
    store, hub, custom, marks, triggers: () => parts.triggers, maxValueBytes: options.max_value_bytes,
    listener: { address: () => gateway.listener.address, attach: (server) => gateway.listener.attach(server), socketIo: gateway.socketIo?.server },
  });
  const streamFunctions = new StreamFunctions(operations);
  let metrics: { dispose(): void } | undefined;

  return {
    services: { stream: operations },
    async start() {
      await store.open({ resumeEvents: options.resume.max_events, resumeAgeMs: options.resume.max_age_ms, maxValueBytes: options.max_value_bytes, maxSnapshotBytes: options.max_snapshot_bytes });
      await marks.start();
      const { triggers, workers, clock, telemetry, engineHealth: health } = ctx;
      const shared = { triggers, functions, workers, health, clock, logger, telemetry };
      const streamTriggers = new StreamTriggers({ ...shared, calls: await store.dueCalls('stream') });
      await streamTriggers.open();
      parts.triggers = streamTriggers;
      parts.presence = new TriggerPresence({
        ...shared, store, calls: await store.dueCalls('stream:leave'), joinNews: await store.dueCalls('stream:join'), joinTimeoutMs: options.join_timeout_ms, members: () => gateway.connections.members(),
      });
      streamFunctions.register(functions, operations, ctx.services.pool);
      await streamTriggers.start(ctx.triggers);
      await parts.presence.start();
      metrics = registerMetrics(telemetry.meter, gateway.connections, counters);
      await gateway.start();
      if (gateway.listener.address !== undefined) logger.info('Listening', { ...gateway.listener.address });
    },
    async drain(deadline) {
      parts.triggers?.expectEnd();
      parts.presence?.expectEnd();
      await gateway.drain(deadline);
      await Promise.all([parts.presence?.drain(deadline), parts.triggers?.drain(deadline)]);
    },
    async stop() {
      await gateway.stop();
      stopListening?.();
      metrics?.dispose();
      await parts.presence?.stop();
      await parts.triggers?.stop();
      streamFunctions.dispose();
      marks.stop();
      parts.presence = undefined;
      parts.triggers = undefined;
    },
  };
}

/** There from `start` on, when the store is open. */
interface Started {
  triggers: StreamTriggers | undefined;
  presence: TriggerPresence | undefined;
}
