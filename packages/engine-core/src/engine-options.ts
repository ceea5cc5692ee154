import type { AnyAdapterDefinition } from './contract/adapter.js';
import type { ChannelHub } from './contract/channels.js';
import type { Clock } from './contract/clock.js';
import type { FunctionRegistry } from './contract/functions.js';
import type { HealthView } from './contract/health.js';
import type { Logger, LogLevel, LogSink } from './contract/logger.js';
import type { AnyModuleDefinition, ModuleUse } from './contract/module.js';
import type { Ref } from './contract/ref.js';
import type { TriggerRegistry } from './contract/triggers.js';
import type { WorkerRegistry } from './contract/workers.js';
import type { EngineConfigInput } from './config/file-shape.js';
import type { ConfigNotice } from './config/plan-modules.js';
import type { EngineState } from './host/lifecycle-state.js';
import type { PhaseTimeouts } from './host/plugin.js';
import type { AnyDefinition } from './loader/definition-shape.js';
import type { ImportPackage } from './loader/import-package.js';
import type { WritePort } from './logger/write-port.js';
import type { Environment } from './system/environment.js';

/** What an engine is made of. All optional; without `config` and `modules` it runs functions of its own process only. */
export interface EngineOptions {
  /** Path of a `config.yaml`, or the same content as an object (taken as it is: variables are for files). */
  readonly config?: string | EngineConfigInput;
  /** Modules with options, run beside those of `config`: `[rest({ port: 3111 })]`. */
  readonly modules?: readonly ModuleUse[];
  /** Definitions that `config` may name by class path, beside those it can load by itself. */
  readonly definitions?: readonly (AnyModuleDefinition | AnyAdapterDefinition)[];
  /** Packages that bring definitions, beside those under `packages:` of `config`. Resolved from `baseDir`. */
  readonly packages?: readonly string[];
  /** Folder that relative paths start from. Default: that of the config file, else the working directory. */
  readonly baseDir?: string;
  /** Default: `production` when `NODE_ENV` says so, else `development`. */
  readonly mode?: 'development' | 'production';
  /** Takes all log records instead of standard output. */
  readonly logger?: Logger;
  /** Shape of the lines when no `logger` is given. */
  readonly logging?: {
    /** Default `info`. */
    readonly level?: LogLevel;
    /** Default `auto`: pretty on a terminal, JSON lines elsewhere. */
    readonly format?: 'auto' | 'pretty' | 'json';
    /** Default: standard output. */
    readonly port?: WritePort;
  };
  /** Gets every record too, those of users' processes included. */
  readonly logs?: LogSink;
  /** Default: the real time. */
  readonly clock?: Clock;
  /** Values for `${NAME}` in the file. Default: the environment of this process. */
  readonly environment?: Environment;
  /** How standard packages are imported; a host that brings them passes `(specifier) => import(specifier)`. */
  readonly importPackage?: ImportPackage;
  readonly timeouts?: Partial<PhaseTimeouts>;
  /** How long to wait for another engine that has the data folder, 0 to 2,000,000,000 ms. Modules get that much longer to start. Default: `wait_lock_ms` of the store. */
  readonly waitLockMs?: number;
}

/** One module of an engine. */
export interface ModuleInfo {
  /** Unique within the engine: `rest`, `exec`, `exec-2`. */
  readonly id: string;
  readonly name: string;
  readonly version: string;
  readonly class: string;
}

/**
 * An engine. It starts once and stops once; `await using engine = await createEngine(…)` stops it at the end of the
 * block. Functions and triggers may be registered before `start`.
 */
export interface Engine extends AsyncDisposable {
  readonly state: EngineState;
  readonly functions: FunctionRegistry;
  readonly triggers: TriggerRegistry;
  readonly workers: WorkerRegistry;
  readonly channels: ChannelHub;
  readonly health: HealthView;
  /** The engine's own logger. */
  readonly logger: Logger;
  /** What the configuration holds that is accepted and worth knowing. Logged by `start` as well. */
  readonly notices: readonly ConfigNotice[];
  /**
   * Creates every module, then starts them in order. Calling it again gives the same promise.
   * @throws `MOTIA_ENGINE_START_FAILED` holding every cause, after everything was stopped again;
   *   `MOTIA_ENGINE_START_INTERRUPTED` when `stop` came first; `MOTIA_ENGINE_LIFECYCLE_ILLEGAL` after a stop
   */
  start(): Promise<void>;
  /**
   * Refuses new work, lets what is in flight end, stops every module in reverse order. Calling it again gives the same
   * promise; a later call with a `drainTimeoutMs` may cut the draining short, 0 ends it at once. Default of
   * `drainTimeoutMs`: `timeouts.drainMs`, which is 3,000 in development and 30,000 in production.
   * @throws `MOTIA_ENGINE_STOP_FAILED` holding every cause; the engine is stopped all the same
   */
  stop(options?: { readonly drainTimeoutMs?: number }): Promise<void>;
  /** @throws `MOTIA_ENGINE_SERVICE_NOT_PROVIDED` when no started module provides it */
  service<S>(ref: Ref<S>): S;
  modules(): readonly ModuleInfo[];
  /** Definitions of modules and adapters known so far, for `configSchema`. */
  definitions(): readonly AnyDefinition[];
}
