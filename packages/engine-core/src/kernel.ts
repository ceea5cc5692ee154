import type { EndpointLimits } from '@motia/protocol';
import { registerBuiltins } from './builtins/register-builtins.js';
import { Channels } from './channels/channel-hub.js';
import { WorkerChannels } from './channels/worker-channels.js';
import type { Clock } from './contract/clock.js';
import type { HealthView } from './contract/health.js';
import type { Logger, LogSink } from './contract/logger.js';
import type { EnqueueRouter } from './contract/services/enqueue.js';
import { FunctionTable } from './functions/function-table.js';
import { Invoker } from './functions/invoker.js';
import { withDefaultLimits, type KernelLimitOptions, type KernelLimits } from './kernel-limits.js';
import { ownedRegistries, type ScopedRegistries } from './owned-registries.js';
import { EngineTelemetry } from './telemetry/engine-telemetry.js';
import { TriggerTable } from './triggers/trigger-table.js';
import { compileOpenSchema } from './options/compile-open-schema.js';
import { AttachedWorkers } from './workers/worker-registry.js';

export interface KernelOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Takes the records of users' processes. */
  readonly logs: LogSink;
  /** Told to each worker. */
  readonly engine: { readonly name: string; readonly version: string };
  /** What `engine::health::check` answers with. */
  readonly health?: HealthView;
  readonly limits?: KernelLimitOptions;
}

export interface KernelCounters {
  /** Answers that came after their call had ended some other way. */
  readonly lateResults: number;
  readonly telemetryFailures: number;
  readonly openChannels: number;
}

/** Functions, triggers, workers, channels and calls: the engine without config, modules and lifecycle. */
export interface Kernel extends Omit<ScopedRegistries, 'telemetry' | 'dispose'> {
  readonly telemetry: EngineTelemetry;
  readonly counters: KernelCounters;
  /** For one module: what it registers carries its name and can be taken back together. */
  scoped(owner: string): ScopedRegistries;
  /** Who takes calls with `action: enqueue`. Without one they go to the function `enqueue`, if there is one. */
  setEnqueueRouter(router: EnqueueRouter | undefined): void;
  /** Ends every call, says goodbye to every worker. Resolves when the connections have ended; at most a second later. */
  stop(): Promise<void>;
}

/** Wires the registries together. Opens nothing. */
export function createKernel({ clock, logger, logs, engine, health, limits: limitOptions }: KernelOptions): Kernel {
  const limits = withDefaultLimits(limitOptions);
  let sequence = 0;
  const nextSequence = (): number => (sequence += 1);
  const telemetry = new EngineTelemetry();
  const table = new FunctionTable();
  const triggerTable = new TriggerTable(logger);
  const invoker = new Invoker({ clock, logger, telemetry, table, limits });
  const channels = new Channels({ clock, defaultWindowBytes: limits.channelCreditBytes, maxChannels: limits.maxChannels });
  const workers = new AttachedWorkers({
    clock,
    logger,
    logs,
    telemetry,
    engine,
    invoker,
    functions: table,
    triggers: triggerTable,
    compileSchema: compileOpenSchema,
    limits: wireLimits(limits),
    registrationLimits: limits,
    endpointLimits: limits.endpoint,
    capabilities: { rawBodies: true, channels: true },
    maxOpenCalls: limits.maxOpenCallsPerWorker,
    nextSequence,
  });
  workers.onAttached = (connection) => void new WorkerChannels(connection, channels);

  const parts = { table, invoker, limits, triggerTable, workers, channels, telemetry, nextSequence };
  const scoped = (owner: string): ScopedRegistries => ownedRegistries(owner, parts);
  const own = scoped('engine');
  registerBuiltins({ clock, logs, functions: own.functions, triggers: own.triggers, workers, channels, ...(health === undefined ? {} : { health }) });

  return {
    functions: own.functions,
    triggers: own.triggers,
    workers,
    channels,
    telemetry,
    get counters() {
      return { lateResults: invoker.lateResults, telemetryFailures: telemetry.failures, openChannels: channels.size };
    },
    scoped,
    setEnqueueRouter(router) {
      invoker.enqueueRouter = router;
    },
    async stop() {
      invoker.stop();
      channels.stop();
      await workers.stop();
      own.dispose();
    },
  };
}

function wireLimits(limits: KernelLimits): ConstructorParameters<typeof AttachedWorkers>[0]['limits'] {
  const { maxFrameBytes, rawThresholdBytes }: EndpointLimits = limits.endpoint;
  const { maxFunctions, maxTriggers, maxDescriptionBytes, channelCreditBytes, maxCallDepth } = limits;
  return { maxFrameBytes, maxFunctions, maxTriggers, maxDescriptionBytes, rawThresholdBytes, channelCreditBytes, maxCallDepth, heartbeatIntervalMs: 5_000 };
}
