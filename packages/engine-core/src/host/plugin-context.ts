import type { AdapterDefinition, AdapterSlot, PluginChoice } from '../contract/adapter.js';
import type { ChannelHub } from '../contract/channels.js';
import type { Clock } from '../contract/clock.js';
import type { FunctionRegistry } from '../contract/functions.js';
import type { HealthReporter, HealthView } from '../contract/health.js';
import type { Logger, LogSink } from '../contract/logger.js';
import type { PluginContext } from '../contract/module.js';
import type { Ref, Refs } from '../contract/ref.js';
import type { Telemetry } from '../contract/telemetry.js';
import type { TriggerRegistry } from '../contract/triggers.js';
import type { WorkerRegistry } from '../contract/workers.js';

/** The registries as one plugin sees them: what it registers carries its name. */
export interface ScopedRegistries {
  readonly functions: FunctionRegistry;
  readonly triggers: TriggerRegistry;
  readonly workers: WorkerRegistry;
  readonly channels: ChannelHub;
  readonly telemetry: Telemetry;
  /** Takes back everything registered through it. Idempotent. */
  dispose(): void;
}

/** What is the same for every plugin of an engine. */
export interface HostEnvironment {
  readonly baseDir: string;
  readonly mode: 'development' | 'production';
  readonly engine: { readonly version: string; readonly embedded: boolean };
  readonly logs: LogSink;
  readonly clock: Clock;
  readonly engineHealth: HealthView;
  /** A logger whose records name the plugin. */
  loggerFor(source: string): Logger;
  registriesFor(owner: string): ScopedRegistries;
  /** Finds the adapter that fills a slot and proves its options. @throws `MOTIA_ENGINE_CLASS_UNKNOWN`, `MOTIA_ENGINE_ADAPTER_MISMATCH`, `MOTIA_ENGINE_OPTIONS_INVALID` */
  resolveAdapter(slot: AdapterSlot<unknown>, choice: PluginChoice | undefined): Promise<{ readonly definition: AdapterDefinition; readonly options: unknown }>;
}

/** What differs from plugin to plugin. */
export interface PluginScope {
  readonly instanceId: string;
  readonly source: string;
  readonly health: HealthReporter;
  readonly registries: ScopedRegistries;
  readonly requires: Refs;
  readonly optional: Refs;
  /** The service behind a ref, once its provider was created. */
  service(ref: Ref<unknown>): unknown;
  readonly adapter: PluginContext['adapter'];
}

export function pluginContext(environment: HostEnvironment, scope: PluginScope): PluginContext {
  const { registries } = scope;
  const services: Record<string, unknown> = {};
  // Read when asked for: an optional service may come from a module that is created later.
  for (const [key, ref] of Object.entries({ ...scope.optional, ...scope.requires })) {
    Object.defineProperty(services, key, { enumerable: true, get: () => scope.service(ref) });
  }
  return {
    instanceId: scope.instanceId,
    baseDir: environment.baseDir,
    mode: environment.mode,
    engine: environment.engine,
    logger: environment.loggerFor(scope.source),
    logs: environment.logs,
    clock: environment.clock,
    functions: registries.functions,
    triggers: registries.triggers,
    workers: registries.workers,
    channels: registries.channels,
    health: scope.health,
    engineHealth: environment.engineHealth,
    telemetry: registries.telemetry,
    services: Object.freeze(services),
    adapter: scope.adapter,
  };
}
