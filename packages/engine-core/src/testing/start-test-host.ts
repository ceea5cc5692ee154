import type { Clock } from '../contract/clock.js';
import type { ModuleUse } from '../contract/module.js';
import { createEngine } from '../engine.js';
import type { Engine, EngineOptions } from '../engine-options.js';
import type { OwnedFunctionRegistry } from '../functions/function-registry.js';
import { memoryLogger, type MemoryLogger } from './memory-logger.js';

/** An engine that runs, with its records in memory. `await using host = await startTestHost([rest({ port: 0 })])`. */
export interface TestHost<C extends Clock = Clock> extends Engine {
  /** The engine itself, for code that wants exactly that. */
  readonly engine: Engine;
  /** Every record, those of users' processes included. */
  readonly logs: MemoryLogger;
  readonly clock: C | undefined;
  /** Calls that have not ended, of all functions. */
  readonly openCalls: number;
}

export interface TestHostOptions<C extends Clock> extends Omit<EngineOptions, 'modules' | 'logger' | 'logs' | 'clock'> {
  /** Default: the real time. Hand over a ManualClock to own it. */
  readonly clock?: C;
  /** False leaves `start` to the test. Default true. */
  readonly start?: boolean;
}

/** Runs modules on a real engine. Nothing is written to standard output. */
export async function startTestHost<C extends Clock = Clock>(modules: readonly ModuleUse[] = [], options: TestHostOptions<C> = {}): Promise<TestHost<C>> {
  const { start = true, ...rest } = options;
  const logs = memoryLogger(rest.clock === undefined ? {} : { clock: rest.clock });
  const engine = await createEngine({ environment: {}, ...rest, modules, logs, logging: { port: silentPort, ...rest.logging } });
  if (start) await engine.start();
  return {
    engine,
    logs,
    clock: rest.clock,
    get openCalls() {
      return (engine.functions as OwnedFunctionRegistry).openCalls;
    },
    get state() {
      return engine.state;
    },
    functions: engine.functions,
    triggers: engine.triggers,
    workers: engine.workers,
    channels: engine.channels,
    health: engine.health,
    logger: engine.logger,
    notices: engine.notices,
    start: () => engine.start(),
    stop: (stopOptions) => engine.stop(stopOptions),
    service: (ref) => engine.service(ref),
    modules: () => engine.modules(),
    definitions: () => engine.definitions(),
    [Symbol.asyncDispose]: () => engine.stop(),
  };
}

const silentPort = { isTerminal: false, wantsColour: false, write: () => true, onceDrained: () => undefined } as const;
