import { setMaxListeners } from 'node:events';
import { isMotiaError, messageOf, type MotiaError } from '@motia/protocol';
import type { AnyAdapterDefinition, AdapterSlot, PluginChoice } from './contract/adapter.js';
import { EnqueueRouterRef, type EnqueueRouter } from './contract/services/enqueue.js';
import { TelemetrySinkRef, type ConsoleLines, type TelemetrySink } from './contract/telemetry.js';
import { configView } from './config/config-report.js';
import { adapterOptions } from './config/plan-modules.js';
import { readConfigText } from './config/read-config.js';
import type { Engine, EngineOptions } from './engine-options.js';
import { engineErrors } from './errors.js';
import { createHealthBoard } from './host/health-board.js';
import { heldWhile } from './host/held-while.js';
import { engineTransitions, stateMachine, type EngineState } from './host/lifecycle-state.js';
import { defaultTimeouts, type PhaseTimeouts } from './host/plugin.js';
import type { PlannedModule } from './host/planned-module.js';
import { createPluginHost, type PluginHost } from './host/plugin-host.js';
import { createKernel, type Kernel } from './kernel.js';
import { loadPlan, type LoadedPlan } from './load-plan.js';
import type { DefinitionCatalog } from './loader/definition-catalog.js';
import { packagesProviding } from './loader/standard-classes.js';
import { createLogger, loggerSink } from './logger/create-logger.js';
import { lineSink } from './logger/line-sink.js';
import { createLogHub, type LogHub } from './logger/log-hub.js';
import { processEnvironment } from './system/environment.js';
import { standardStream } from './system/standard-stream.js';
import { systemClock } from './system/system-clock.js';
import { engineVersion } from './version.js';

/**
 * Makes an engine: reads the configuration, loads what it names and proves every option. Nothing is created or opened
 * before `start`, so a bad configuration leaves nothing behind. It installs no signal handlers.
 * @throws as `loadPlan` says: `MOTIA_ENGINE_CONFIG_INVALID` with all problems at once, and others
 */
export function createEngine(options: EngineOptions = {}): Promise<Engine> {
  return buildEngine(options, { embedded: false });
}

/** As `createEngine`; `embedded` tells modules that the process belongs to someone else. */
export async function buildEngine(options: EngineOptions, { embedded }: { readonly embedded: boolean }): Promise<Engine> {
  const plan = await loadPlan(options);
  const clock = options.clock ?? systemClock;
  const hub = createLogHub(options.logs === undefined ? [] : [options.logs]);
  const output = addOutput(hub, options);
  const logger = createLogger({ sink: hub, clock, source: 'engine' });
  const machine = stateMachine<EngineState>(engineTransitions, { subject: 'the engine', initial: 'idle' });
  const board = createHealthBoard({ clock, version: engineVersion, engineState: () => machine.state });
  const health = Object.freeze({ report: () => board.report() });
  const kernel = createKernel({ clock, logger, logs: hub, engine: { name: 'iii', version: engineVersion }, health });
  const variables = options.environment ?? processEnvironment();
  const mode = options.mode ?? (variables['NODE_ENV'] === 'production' ? 'production' : 'development');
  const { waitLockMs } = options;
  const limits: PhaseTimeouts = { ...defaultTimeouts(mode), ...options.timeouts };
  const timeouts: PhaseTimeouts = { ...limits, startMs: limits.startMs + (waitLockMs ?? 0) };
  const interrupt = new AbortController();
  setMaxListeners(0, interrupt.signal);
  let hasSink = false;
  const host = createPluginHost(
    {
      environment: {
        baseDir: plan.baseDir,
        mode,
        variables,
        engine: { version: engineVersion, embedded, fromFile: typeof options.config === 'string', ...(waitLockMs === undefined ? {} : { waitLockMs }) },
        logs: hub,
        clock,
        engineHealth: health,
        engineConfig: configView({ file: plan.file, modules: () => running(), notices: plan.notices, definitions: () => plan.catalog.definitions(), readNow: readConfigText }),
        loggerFor: (source) => createLogger({ sink: hub, clock, source }),
        registriesFor: (owner) => kernel.scoped(owner),
        resolveAdapter: (slot, choice) => resolveAdapter(plan.catalog, slot, choice),
      },
      health: board,
      logger,
      timeouts,
      providersOf: packagesProviding,
      onProvided(service, value) {
        if (service === EnqueueRouterRef.id) kernel.setEnqueueRouter(value as EnqueueRouter);
        if (service !== TelemetrySinkRef.id) return;
        const sink = value as TelemetrySink;
        if (sink.consoleLines !== undefined) output.configure(sink.consoleLines);
        if (sink.isEnabled === false) return;
        hasSink = true;
        kernel.telemetry.setSink(sink);
        hub.add(sink);
      },
    },
    interrupt.signal,
  );

  const running = (): readonly PlannedModule[] => [...plan.modules, ...host.brought()];

  let starting: Promise<void> | undefined;
  let stopping: Promise<void> | undefined;
  let hurry: ((afterMs: number) => void) | undefined;

  async function runStart(): Promise<void> {
    machine.to('starting');
    for (const notice of plan.notices) logger.info(notice.message, { source: notice.source, ...(notice.line === undefined ? {} : { line: notice.line }), pointer: notice.pointer });
    const failures: unknown[] = [];
    try {
      await host.create(sinksFirst(plan));
      if (!hasSink) await kernel.telemetry.useHostTracer();
      await host.start();
      if (!interrupt.signal.aborted) {
        machine.to('ready');
        return;
      }
    } catch (error) {
      failures.push(...(error instanceof AggregateError ? (error.errors as unknown[]) : [error]));
    }
    const isInterrupted = interrupt.signal.aborted;
    machine.to('stopping');
    const afterwards = await closeAll(host, kernel);
    machine.to(isInterrupted ? 'stopped' : 'failed');
    output.flush();
    // What a module says when it is interrupted is no failure of its own.
    const errors = [...failures, ...afterwards];
    throw isInterrupted ? engineErrors.START_INTERRUPTED({}, errors.length === 0 ? undefined : new AggregateError(errors)) : startFailed(errors);
  }

  async function runStop(drainTimeoutMs: number): Promise<void> {
    if (starting !== undefined && machine.state !== 'ready') {
      interrupt.abort(new DOMException('the engine is being stopped', 'AbortError'));
      // A start that is interrupted, or fails, has stopped everything when it settles; its error belongs to its caller.
      await starting.catch(() => undefined);
    }
    if (machine.state === 'stopped' || machine.state === 'failed') return;
    const errors: unknown[] = [];
    if (machine.state === 'ready') {
      machine.to('draining');
      errors.push(...(await drain(drainTimeoutMs)));
    }
    machine.to('stopping');
    errors.push(...(await closeAll(host, kernel)));
    machine.to('stopped');
    output.flush();
    if (errors.length > 0) throw engineErrors.STOP_FAILED({ reasons: errors.map(messageOf), codes: codesOf(errors) }, new AggregateError(errors));
  }

  async function drain(drainTimeoutMs: number): Promise<readonly unknown[]> {
    const controller = new AbortController();
    // Every part of every module may listen; Node would warn of a leak from the eleventh on.
    setMaxListeners(0, controller.signal);
    const deadline = clock.setTimeout(() => controller.abort(new DOMException(`draining took longer than ${drainTimeoutMs} ms`, 'TimeoutError')), drainTimeoutMs);
    hurry = (afterMs) => {
      const cut = (): void => controller.abort(new DOMException('the stop was hurried', 'AbortError'));
      if (afterMs <= 0) cut();
      else clock.setTimeout(cut, afterMs);
    };
    if (drainTimeoutMs <= 0) hurry(0);
    const errors = await host.drain(controller.signal);
    hurry = undefined;
    clock.clear(deadline);
    // Work that outlives its deadline is expected now and then, and is cut off by the stop; it is no failure of the stop.
    const isOverdue = (error: unknown): boolean => isMotiaError(error, 'MOTIA_ENGINE_PHASE_TIMEOUT');
    for (const error of errors.filter(isOverdue)) logger.warn(messageOf(error));
    return errors.filter((error) => !isOverdue(error));
  }

  function stop(stopOptions: { readonly drainTimeoutMs?: number } = {}): Promise<void> {
    if (stopping === undefined) stopping = heldWhile(clock, runStop(stopOptions.drainTimeoutMs ?? timeouts.drainMs));
    else if (stopOptions.drainTimeoutMs !== undefined) hurry?.(stopOptions.drainTimeoutMs);
    return stopping;
  }

  return {
    get state() {
      return machine.state;
    },
    functions: kernel.functions,
    triggers: kernel.triggers,
    workers: kernel.workers,
    channels: kernel.channels,
    health,
    logger,
    notices: plan.notices,
    start() {
      if (starting !== undefined && stopping !== undefined) {
        return Promise.reject(engineErrors.LIFECYCLE_ILLEGAL({ subject: 'the engine', state: machine.state, operation: 'start' }));
      }
      starting ??= heldWhile(clock, runStart());
      return starting;
    },
    stop,
    service(ref) {
      const service = host.service(ref.id);
      if (service === undefined) throw engineErrors.SERVICE_NOT_PROVIDED({ service: ref.id });
      return service as never;
    },
    modules: () => running().map(({ id, definition }) => ({ id, name: definition.name, version: definition.version, class: definition.class })),
    definitions: () => plan.catalog.definitions(),
    [Symbol.asyncDispose]: () => stop(),
  };
}

/** Where records go by default. */
interface LogOutput {
  /** Makes sure that they got there. */
  flush(): void;
  /** What the program did not decide itself. */
  configure(lines: ConsoleLines): void;
}

function addOutput(hub: LogHub, options: EngineOptions): LogOutput {
  if (options.logger !== undefined) {
    hub.add(loggerSink(options.logger));
    return { flush: () => undefined, configure: () => undefined };
  }
  const { port, ...rest } = options.logging ?? {};
  const sink = lineSink({ port: port ?? standardStream('stdout'), ...rest });
  hub.add(sink);
  return { flush: () => sink.flush(), configure: (lines) => sink.configure({ ...lines, ...rest }) };
}

/** Who records what happens starts before, and stops after, everyone whom it records; then comes who only serves adapters. */
function sinksFirst(plan: LoadedPlan): LoadedPlan['modules'] {
  const rank = ({ provides, definition }: LoadedPlan['modules'][number]): number => (provides.includes(TelemetrySinkRef.id) ? 0 : definition.startsFirst === true ? 1 : 2);
  return [...plan.modules].sort((a, b) => rank(a) - rank(b));
}

async function closeAll(host: PluginHost, kernel: Kernel): Promise<readonly unknown[]> {
  const errors = [...(await host.stop())];
  try {
    await kernel.stop();
  } catch (error) {
    errors.push(error);
  }
  return errors;
}

function startFailed(errors: readonly unknown[]): MotiaError {
  return engineErrors.START_FAILED({ reasons: errors.map(messageOf), codes: codesOf(errors) }, new AggregateError(errors, 'the engine did not start'));
}

function codesOf(errors: readonly unknown[]): readonly string[] {
  return errors.flatMap((error) => (isMotiaError(error) ? [error.code] : []));
}

async function resolveAdapter(catalog: DefinitionCatalog, slot: AdapterSlot<unknown>, choice: PluginChoice | undefined): Promise<{ readonly definition: AnyAdapterDefinition; readonly options: unknown }> {
  const name = choice?.class ?? slot.fallback;
  const found = await catalog.find('adapter', name);
  if ('ignored' in found) throw engineErrors.ADAPTER_MISMATCH({ class: name, slot: slot.id, problem: found.ignored });
  if (!('definition' in found)) {
    const { problem, suggestion } = found;
    throw engineErrors.CLASS_UNKNOWN({ class: name, problem, ...(suggestion === undefined ? {} : { suggestion }) });
  }
  if (found.definition.slot.id !== slot.id) {
    throw engineErrors.ADAPTER_MISMATCH({ class: name, slot: slot.id, problem: `it was made for the slot ${found.definition.slot.id}` });
  }
  return { definition: found.definition, options: adapterOptions(found.definition, choice) };
}
