import type { AnyAdapterDefinition, AdapterSlot, PluginChoice } from '../contract/adapter.js';
import type { Clock } from '../contract/clock.js';
import type { ConfigView } from '../contract/config.js';
import type { HealthReporter, HealthView } from '../contract/health.js';
import type { Logger, LogSink } from '../contract/logger.js';
import type { PluginContext } from '../contract/module.js';
import type { Ref, Refs } from '../contract/ref.js';
import type { ScopedRegistries } from '../owned-registries.js';

/** What is the same for every plugin of an engine. */
export interface HostEnvironment {
  readonly baseDir: string;
  readonly mode: 'development' | 'production';
  readonly variables: PluginContext['environment'];
  readonly engine: PluginContext['engine'];
  readonly logs: LogSink;
  readonly clock: Clock;
  readonly engineHealth: HealthView;
  readonly engineConfig: ConfigView;
  /** A logger whose records name the plugin. */
  loggerFor(source: string): Logger;
  registriesFor(owner: string): ScopedRegistries;
  /** Finds the adapter that fills a slot and proves its options. @throws `MOTIA_ENGINE_CLASS_UNKNOWN`, `MOTIA_ENGINE_ADAPTER_MISMATCH`, `MOTIA_ENGINE_OPTIONS_INVALID` */
  resolveAdapter(slot: AdapterSlot<unknown>, choice: PluginChoice | undefined): Promise<{ readonly definition: AnyAdapterDefinition; readonly options: unknown }>;
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
    environment: environment.variables,
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
    engineConfig: environment.engineConfig,
    telemetry: registries.telemetry,
    services: Object.freeze(services),
    adapter: scope.adapter,
  };
}
