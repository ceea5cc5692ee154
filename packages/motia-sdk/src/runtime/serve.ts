import type { LogEntry, Transport } from '@motia/protocol';
import { type InvocationScope, setProcessConnection, shared, unsetProcessConnection } from '../context/invocation-scope.js';
import { sdkErrors } from '../errors.js';
import { readOtelConfig, type OtelSettings } from '../telemetry/otel-config.js';
import type { WireSettings } from './app-function.js';
import { Registrations } from '../instance/registrations.js';
import { DynamicApp, withRegistrations } from './dynamic-app.js';
import { compileApp, type CompiledApp } from './compile-app.js';
import type { LoadedApp } from './loaded-module.js';
import { registerApp, type RegistrationReport } from './register-app.js';
import { SdkWorker, type WorkerEnd } from './sdk-worker.js';

export interface ServeOptions {
  readonly transport: Transport;
  readonly name?: string | undefined;
  readonly token?: string | undefined;
  /** The former connection of this process to the same engine, whose place it takes. */
  readonly previousWorkerId?: string | undefined;
  /** The engine is not the one that started this process: its pid means nothing there. Default false. */
  readonly isRemote?: boolean;
  /**
   * An older process of the same app is serving, and leaves once this one is live. It is better than a half-broken new
   * one: what is known to fail before that moment is a failed start, in development too. What the engine refuses after
   * it is logged, in production too, for there is nothing to go back to. Default false.
   */
  readonly isReplacement?: boolean;
  /** Make this the connection of the standalone `logger`, `enqueue`, `stateManager` outside handlers. Default true. */
  readonly isProcessConnection?: boolean;
  /** What this process does about telemetry. Default: what the app's `motia.config` and the environment say. */
  readonly otel?: OtelSettings | undefined;
  readonly onInvocationEnd?: ((scope: InvocationScope) => void) | undefined;
  readonly onText?: ((line: string) => void) | undefined;
}

/** An app that is connected to an engine. */
export interface ServedApp {
  readonly worker: SdkWorker;
  /** Files that are not served; empty in production. */
  readonly problems: readonly Error[];
  readonly report: RegistrationReport;
  readonly ended: Promise<WorkerEnd>;
  /** Ends the connection from this side. Idempotent. */
  close(): Promise<void>;
}

/**
 * Connects an app to the engine at the other end of a transport and serves it: resolves once it is live. Files and
 * triggers that cannot be served are logged by name; in production they are a failed start.
 * @throws MotiaError `MOTIA_SDK_START_FAILED`, and what the engine refuses the connection with
 */
export async function serve(app: LoadedApp, options: ServeOptions): Promise<ServedApp> {
  const settings: WireSettings = { rawThresholdBytes: Infinity, mode: app.mode };
  const { transport, isReplacement = false, isProcessConnection = true, isRemote = false, otel: given, ...rest } = options;
  const otel = given ?? otelOf(app);
  const registrations = isProcessConnection ? shared.registrations : new Registrations();
  const compiled = withRegistrations(await compileApp(app, settings), registrations);
  const worker = new SdkWorker(transport, { app: compiled, settings, resource: otel.resource, ...rest });
  const dynamic = new DynamicApp(worker, registrations);
  try {
    await worker.initialize({ ...(isRemote ? {} : { pid: process.pid }), os: `${process.platform} ${process.arch}`, runtime: runtimeName() });
    const mustBeWhole = app.mode === 'production' || isReplacement;
    if (mustBeWhole) refuseIncomplete(compiled.problems);
    // Called by user code, so that it is there before the first call is.
    if (isProcessConnection) {
      setProcessConnection(worker);
      void worker.ended.then(() => unsetProcessConnection(worker));
    }
    const report = await registerApp(worker, compiled, (rejected) => {
      if (mustBeWhole) refuseIncomplete(rejected);
    });
    if (mustBeWhole && !isReplacement) refuseIncomplete(report.rejected);
    dynamic.begin();
    announce(worker, compiled, report);
    for (const notice of otel.notices) worker.log({ level: 'warn', message: notice, timestamp: Date.now(), source: 'logger' });
    return { worker, problems: compiled.problems, report, ended: worker.ended, close: () => worker.close() };
  } catch (error) {
    await worker.close();
    throw error;
  }
}

/** The settings of the app's `motia.config` and of the environment. */
export function otelOf(app: Pick<LoadedApp, 'config'>): OtelSettings {
  return readOtelConfig((app.config?.module as { otel?: unknown } | undefined)?.otel ?? shared.otelConfig, process.env, process.pid);
}

function refuseIncomplete(problems: readonly Error[]): void {
  if (problems.length === 0) return;
  throw sdkErrors.START_FAILED({ problems: problems.map(withRemedy) }, problems.length === 1 ? problems[0] : new AggregateError(problems));
}

function withRemedy(problem: Error): string {
  const { message, hint } = problem as { message: string; hint?: string };
  return hint === undefined ? message : `${message}\n    ${hint}`;
}

function announce(worker: SdkWorker, { problems, functions }: CompiledApp, { rejected, parked, triggers }: RegistrationReport): void {
  const log = (level: LogEntry['level'], message: string, data?: unknown): void =>
    worker.log({ level, message, timestamp: Date.now(), source: 'logger', ...(data === undefined ? {} : { data }) });
  for (const problem of [...problems, ...rejected]) log('error', problem.message, { code: (problem as { code?: string }).code });
  const byType = new Map<string, string[]>();
  for (const { type, filePath, stepName } of parked) byType.set(type, [...(byType.get(type) ?? []), `${stepName} (${filePath})`]);
  for (const [type, steps] of byType) log('warn', `No module offers "${type}" triggers yet; waiting: ${steps.join(', ')}`, { type, steps });
  log('debug', `${functions.length} functions and ${triggers.length} triggers registered`);
}

function runtimeName(): string {
  const { bun } = process.versions as { bun?: string };
  return bun === undefined ? `node ${process.versions.node}` : `bun ${bun}`;
}
