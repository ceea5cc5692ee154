import type { AdapterSlot, PluginChoice } from './adapter.js';
import type { ChannelHub } from './channels.js';
import type { Clock } from './clock.js';
import type { ConfigView } from './config.js';
import type { FunctionRegistry } from './functions.js';
import type { HealthReporter, HealthView } from './health.js';
import type { Logger, LogSink } from './logger.js';
import type { OptionsSchema } from './options.js';
import type { OptionalValues, Refs, Values } from './ref.js';
import type { Telemetry } from './telemetry.js';
import type { TriggerRegistry } from './triggers.js';
import type { WorkerRegistry } from './workers.js';

/** Bumped only by a breaking change; the loader refuses any other number before calling `create`. */
export const CONTRACT_VERSION = 1;

/** All a plugin may touch of its host: no process, no globals, no signal handlers. */
export interface PluginContext<Req extends Refs = {}, Opt extends Refs = {}> {
  /** Unique within the engine, stable over restarts: `rest`, `exec`, `exec-2`. */
  readonly instanceId: string;
  /** Folder that relative paths of options are relative to: that of the config file, else the working directory. */
  readonly baseDir: string;
  /** `development` warns early and shows more (responses that break their schema are errors). */
  readonly mode: 'development' | 'production';
  /** Variables that `${NAME}` in the config file sees. For names that a standard outside of us defines (`OTEL_EXPORTER_OTLP_ENDPOINT`); everything else is an option. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /**
   * `embedded`: inside someone else's program. `fromFile`: set up by a config.yaml, where stores that are named keep files unless told otherwise.
   * `waitLockMs`: how long whoever started the engine wants to wait for what another one has; undefined: as the options say.
   */
  readonly engine: { readonly version: string; readonly embedded: boolean; readonly fromFile: boolean; readonly waitLockMs?: number };
  readonly logger: Logger;
  /** For records that are not ours: the output of users' processes. */
  readonly logs: LogSink;
  readonly clock: Clock;
  readonly functions: FunctionRegistry;
  readonly triggers: TriggerRegistry;
  readonly workers: WorkerRegistry;
  readonly channels: ChannelHub;
  readonly health: HealthReporter;
  /** Of the whole engine. */
  readonly engineHealth: HealthView;
  /** Of the whole engine, without secrets. */
  readonly engineConfig: ConfigView;
  readonly telemetry: Telemetry;
  readonly services: Values<Req> & OptionalValues<Opt>;
  /** Loads the configured adapter and checks it against the slot; it starts before this plugin, stops after. */
  adapter<A, C extends string>(slot: AdapterSlot<A, C>, choice?: PluginChoice): Promise<{ readonly service: A; readonly supports: ReadonlySet<C> }>;
}

/** Called in this order; the host never overlaps two of them for one plugin. */
export interface Lifecycle {
  /** Open sockets, timers, watchers. Resolving means ready. `interrupt` aborts when the engine is stopped meanwhile: reject soon then. */
  start?(interrupt?: AbortSignal): Promise<void>;
  /** Refuse new work; resolve once in-flight work has settled. Aborts at the deadline. */
  drain?(deadline: AbortSignal): Promise<void>;
  /** Release everything. Idempotent, and also called after a failed `start`. */
  stop?(): Promise<void>;
}

export interface ModuleDefinition<O = unknown, Req extends Refs = Refs, Prov extends Refs = Refs, Opt extends Refs = Refs> {
  readonly kind: 'module';
  /** npm package name. Prefixes log lines and error messages. */
  readonly name: string;
  readonly version: string;
  readonly contract: typeof CONTRACT_VERSION;
  /** Class path in config, e.g. `modules::queue::QueueModule`. */
  readonly class: string;
  readonly options: OptionsSchema<O>;
  readonly requires?: Req;
  readonly optional?: Opt;
  readonly provides?: Prov;
  /**
   * For modules that run users' programs: they start after all others, wherever the config names them, so that a taken
   * port or an unreadable store ends the start before anything was spawned. Default false.
   */
  readonly startsLast?: boolean;
  /**
   * For modules that only offer services to adapters: they are created and started before the others, wherever the config
   * names them. Default false.
   */
  readonly startsFirst?: boolean;
  /** Trigger types that it will register: two modules with one of them are refused before anything is created. */
  readonly triggerTypes?: readonly string[];
  /** Keys that existing configs carry and our design supersedes: accepted, without effect, one boot notice each. Key to its replacement. */
  readonly supersededKeys?: Readonly<Record<string, string>>;
  /** Wires only. Sockets, timers and writes wait for `start`, so a bad config never half-boots. */
  create(ctx: PluginContext<Req, Opt>, options: O): Promise<Lifecycle & { readonly services: Values<Prov> }>;
}

/** A module with its options, ready for `createEngine({ modules })`. */
export interface ModuleUse<O = unknown> {
  readonly definition: ModuleDefinition<O, never, never, never> | AnyModuleDefinition;
  readonly options?: unknown;
}
/** Any definition, for lists of them. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- variance: a list holds definitions of every option type
export type AnyModuleDefinition = ModuleDefinition<any, any, any, any>;

/** Identity, for inference. */
export function defineModule<O, Req extends Refs = {}, Prov extends Refs = {}, Opt extends Refs = {}>(
  definition: Omit<ModuleDefinition<O, Req, Prov, Opt>, 'kind'>,
): ModuleDefinition<O, Req, Prov, Opt> {
  return { kind: 'module', ...definition };
}

/** `const rest = moduleFactory(RestModule)` lets programs write `createEngine({ modules: [rest({ port: 0 })] })`. */
export function moduleFactory<Input>(definition: AnyModuleDefinition): (options?: Input) => ModuleUse {
  return (options) => ({ definition, options });
}
