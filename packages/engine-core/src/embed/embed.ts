import type { AnyModuleDefinition, ModuleDefinition, ModuleUse } from '../contract/module.js';
import type { Clock } from '../contract/clock.js';
import type { FunctionRegistry } from '../contract/functions.js';
import type { Logger } from '../contract/logger.js';
import type { Refs, Values } from '../contract/ref.js';
import type { TriggerRegistry } from '../contract/triggers.js';
import { buildEngine } from '../engine.js';
import type { Engine } from '../engine-options.js';
import { standardStream } from '../system/standard-stream.js';

export interface EmbedOptions {
  /** Default: warnings and errors, as JSON lines, to standard error. */
  readonly logger?: Logger;
  /** Default: the real time. */
  readonly clock?: Clock;
  /** Modules that the embedded one needs or would use. */
  readonly modules?: readonly ModuleUse[];
  /** Folder that relative paths in options start from. Default: the working directory. */
  readonly baseDir?: string;
  /** Default: `production` when `NODE_ENV` says so, else `development`. */
  readonly mode?: 'development' | 'production';
}

/** A module that runs inside someone else's program. */
export interface Embedded<Prov extends Refs> extends AsyncDisposable {
  /** What the module provides, under the names of its definition. */
  readonly services: Values<Prov>;
  readonly functions: FunctionRegistry;
  readonly triggers: TriggerRegistry;
  readonly engine: Engine;
  /** @throws `MOTIA_ENGINE_STOP_FAILED`; everything is stopped all the same */
  stop(options?: { readonly drainTimeoutMs?: number }): Promise<void>;
}

/**
 * Runs one module inside any Node program, started: `const queue = await embed(QueueModule, options)`. No
 * configuration file, no signal handlers, nothing on standard output; the program stops it when it likes.
 * @throws `MOTIA_ENGINE_CONFIG_INVALID` for options that are not valid, `MOTIA_ENGINE_START_FAILED`
 */
export async function embed<O, Req extends Refs, Prov extends Refs, Opt extends Refs>(
  definition: ModuleDefinition<O, Req, Prov, Opt>,
  options?: unknown,
  environment: EmbedOptions = {},
): Promise<Embedded<Prov>> {
  const { logger, modules = [], ...rest } = environment;
  const output = logger === undefined ? { logging: { level: 'warn', format: 'json', port: standardStream('stderr') } as const } : { logger };
  const engine = await buildEngine({ ...rest, ...output, modules: [...modules, { definition: definition as AnyModuleDefinition, options }] }, { embedded: true });
  await engine.start();
  const provided = Object.entries((definition.provides ?? {}) as Refs).map(([key, ref]) => [key, engine.service(ref)]);
  return {
    services: Object.fromEntries(provided) as Values<Prov>,
    functions: engine.functions,
    triggers: engine.triggers,
    engine,
    stop: (stopOptions) => engine.stop(stopOptions),
    [Symbol.asyncDispose]: () => engine.stop(),
  };
}
