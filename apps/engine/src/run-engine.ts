import { createEngine, type Engine, type EngineOptions } from '@motia/engine-core';
import { ConsoleServiceRef, ProcessServiceRef, RestServiceRef, StreamServiceRef, WorkerListenerRef, type ModuleUse } from '@motia/engine-core/contract';
import type { LogFormat } from './cli/args.js';
import { renderBanner, type BannerFacts, type BannerRoute } from './cli/banner.js';
import { exitCodes, exitCodeOf } from './cli/exit-code.js';
import type { CommandPorts } from './cli/main.js';
import { keepAlive } from './cli/keep-alive.js';
import { controlOptionsOf } from './cli/paths.js';
import { processPorts } from './cli/process-ports.js';
import { renderError } from './cli/render-error.js';
import { untilSignalled } from './cli/shutdown.js';
import type { LogLevelName } from './cli/words.js';
import { ControlModule } from './control/control-module.js';
import { importBesideEngine } from './import-beside-engine.js';
import { version } from './version.js';

export interface RunEngineOptions {
  /** Folder of the app. Default: the working directory. */
  readonly cwd?: string;
  /** Absolute path; without one the default modules run. */
  readonly configFile?: string;
  /** Options of an ExecModule to add when the configuration names none. */
  readonly fallbackExec?: { readonly exec: readonly string[]; readonly watch?: readonly string[] };
  /** Default: `production` when `NODE_ENV` says so, else `development`. */
  readonly mode?: 'development' | 'production';
  readonly logFormat?: LogFormat;
  readonly logLevel?: LogLevelName;
  /** How long to wait for another engine that has the data folder, in milliseconds. Default: `wait_lock_ms` of the store, 0. */
  readonly waitLockMs?: number;
  /** The process it runs in. Default: the real one. */
  readonly ports?: CommandPorts;
}

/**
 * Runs an engine until a signal stops it, and resolves with the exit code (semantics §1). It owns the process: signals,
 * standard output and the last line of defence against errors nobody caught. Programs that only want an engine call
 * `createEngine` of `@motia/engine-core`.
 */
export async function runEngine(options: RunEngineOptions = {}): Promise<number> {
  const release = keepAlive();
  try {
    return await runUntilSignalled(options);
  } finally {
    release();
  }
}

async function runUntilSignalled(options: RunEngineOptions): Promise<number> {
  const ports = options.ports ?? processPorts;
  const startedAt = performance.now();
  const cwd = options.cwd ?? ports.cwd;
  const format = options.logFormat ?? (ports.stdoutIsTerminal ? 'pretty' : 'json');
  let engine: Engine;
  try {
    engine = await compose(options, cwd);
  } catch (error) {
    ports.stderr(`${renderError(error)}\n`);
    return exitCodeOf(error);
  }
  // Signals count from the first moment on: an engine that is still starting is stopped in order, too.
  const signalled = untilSignalled({
    on: (signal, listener) => ports.onSignal(signal, listener),
    onNpmGone: (listener) => ports.onNpmGone(listener),
    stop: () => engine.stop(),
    exit: (code) => ports.exit(code),
    announce: (message) => engine.logger.info(message),
    inFlight: () => engine.workers.list().reduce((sum, { inFlight }) => sum + inFlight, 0),
  });
  ports.onUncaught((error) => {
    // The state of the process is unknown from here on: say so once and leave; guards end the children.
    ports.stderr(`${renderError(error)}\n`);
    ports.exit(exitCodes.internal);
  });
  try {
    await engine.start();
  } catch (error) {
    if (engine.state === 'stopped') return signalled;
    ports.stderr(`${renderError(error)}\n`);
    return exitCodeOf(error);
  }
  announce(engine, performance.now() - startedAt, format, ports);
  const takeBackTracer = await lendTracer(engine);
  try {
    return await signalled;
  } catch (error) {
    ports.stderr(`${renderError(error)}\n`);
    return exitCodeOf(error);
  } finally {
    takeBackTracer?.();
  }
}

async function compose(options: RunEngineOptions, cwd: string): Promise<Engine> {
  const control: ModuleUse = { definition: ControlModule, options: controlOptionsOf(options.configFile ?? cwd) };
  const base: EngineOptions = {
    ...(options.configFile === undefined ? { baseDir: cwd } : { config: options.configFile }),
    ...(options.mode === undefined ? {} : { mode: options.mode }),
    ...(options.waitLockMs === undefined ? {} : { waitLockMs: options.waitLockMs }),
    importPackage: importBesideEngine,
    // What the command line leaves open, the observability module may decide.
    logging: { ...(options.logFormat === undefined ? {} : { format: options.logFormat }), ...(options.logLevel === undefined ? {} : { level: options.logLevel }) },
  };
  const modules = [control, ...(options.configFile === undefined ? await modulesByDefault() : [])];
  const engine = await createEngine({ ...base, modules });
  const { fallbackExec } = options;
  const lacksProcesses = !engine.modules().some((module) => module.class === 'modules::shell::ExecModule');
  if (fallbackExec === undefined || !lacksProcesses) return engine;
  await engine.stop();
  const { exec } = await import('@motia/module-exec');
  return createEngine({ ...base, modules: [...modules, exec({ cwd, exec: [...fallbackExec.exec], ...(fallbackExec.watch === undefined ? {} : { watch: [...fallbackExec.watch] }) })] });
}

/** Loaded only when they run: an engine with a configuration starts with what that names, and nothing else. */
async function modulesByDefault(): Promise<readonly ModuleUse[]> {
  const { defaultModules } = await import('./standard-modules.js');
  return defaultModules({ keep: 'files' });
}

/** This process is ours: libraries in it that use the API of OpenTelemetry record into the same traces. Without the module nothing of it is loaded. */
async function lendTracer(engine: Engine): Promise<(() => void) | undefined> {
  if (!engine.modules().some((module) => module.class === 'modules::observability::OtelModule')) return undefined;
  const { OtelServiceRef, useAsGlobalTracer } = await import('@motia/module-otel');
  return optional(() => useAsGlobalTracer(engine.service(OtelServiceRef)));
}

function announce(engine: Engine, readyInMs: number, format: LogFormat, ports: CommandPorts): void {
  const facts = collectFacts(engine, readyInMs);
  if (format === 'pretty') ports.stdout(renderBanner(facts));
  else engine.logger.info('iii is ready', { version: facts.version, readyInMs: Math.round(readyInMs), listeners: facts.listeners.map(withoutToken), routes: facts.routes.map(({ method, path }) => `${method} ${path}`), troubles: facts.troubles });
}

/** The address of the console carries its token, which belongs on a person's screen and in no log. */
function withoutToken({ name, url }: BannerFacts['listeners'][number]): BannerFacts['listeners'][number] {
  return { name, url: url.replace(/#.*$/, '') };
}

function collectFacts(engine: Engine, readyInMs: number): BannerFacts {
  const address = optional(() => engine.service(RestServiceRef).address());
  const routes = optional(() => engine.service(RestServiceRef).routes()) ?? [];
  const schemas = new Map(engine.triggers.list().map((trigger) => [trigger.id, (trigger.config as { bodySchema?: BannerRoute['bodySchema'] } | undefined)?.bodySchema]));
  const streams = optional(() => engine.service(StreamServiceRef).address());
  const console = optional(() => engine.service(ConsoleServiceRef).url());
  const workerAddresses = optional(() => engine.service(WorkerListenerRef).addresses()) ?? [];
  const processes = optional(() => engine.service(ProcessServiceRef).list()) ?? [];
  const troubles = Object.entries(engine.health.report().components)
    .filter(([, { status }]) => status === 'degraded' || status === 'unhealthy')
    .map(([component, { reason, status }]) => ({ component, reason: reason ?? status }));
  return {
    version,
    readyInMs,
    listeners: [
      ...(address === undefined ? [] : [{ name: 'REST', url: `http://${shownHost(address.host)}:${address.port}` }]),
      ...(streams === undefined ? [] : [{ name: 'Streams', url: `ws://${shownHost(streams.host)}:${streams.port}` }]),
      ...workerAddresses.map((url) => ({ name: 'Workers', url })),
      ...(console === undefined ? [] : [{ name: 'Console', url: console }]),
    ],
    routes: routes.map(({ method, path, functionId, triggerId }) => {
      const bodySchema = schemas.get(triggerId);
      return { method, path, functionId, ...(bodySchema === undefined ? {} : { bodySchema }) };
    }),
    processes: processes.map(({ command, state, pid }) => ({ command, state, ...(pid === undefined ? {} : { pid }) })),
    troubles,
  };
}

function shownHost(host: string): string {
  if (host === '127.0.0.1' || host === '::1') return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
}

function optional<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
