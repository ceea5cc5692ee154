import { createMemoryTransportPair } from '@motia/protocol';
import { sdkErrors } from '../errors.js';
import type { LoadedModule } from '../runtime/loaded-module.js';
import type { RegistrationReport } from '../runtime/register-app.js';
import { serve, type ServedApp } from '../runtime/serve.js';
import { FaultyTransport } from './faulty-transport.js';
import type { EngineTestKit, TestClock, TestEngine, TestLogRecord, TestModuleUse, TestWorkerHandle } from './test-engine.js';
import { testHttp, type TestHttp } from './test-http.js';

/** A Step as a test hands it over: what `step()` gave, the namespace object of a Step file, or that with its path. */
export type TestStep = object | LoadedModule;

export interface TestAppOptions {
  readonly steps: readonly TestStep[];
  /** Namespace objects of stream files. */
  readonly streams?: readonly TestStep[];
  /** Modules to run. Default: those that the engine runs without a configuration. The REST module always takes a free port. */
  readonly modules?: readonly TestModuleUse[];
  /** Content of a config.yaml as an object, instead of `modules`. */
  readonly config?: object;
  /** `development` serves what can be served; `production` refuses to start otherwise. Default `development`. */
  readonly mode?: 'development' | 'production';
  /** Functions of the engine's process, for what the Steps call and no module offers: `{ 'state::get': () => null }`. */
  readonly functions?: Readonly<Record<string, (payload: never) => unknown>>;
  /** `manual` gives `app.clock`, which the test moves; a time starts it there. Default: real time. */
  readonly clock?: 'real' | 'manual' | Date;
  /** Default: `@motia/engine/testing`. */
  readonly engine?: EngineTestKit;
}

/** Breaks what breaks in production. */
export interface TestFaults {
  /** The process of the Steps dies: its pipe breaks at once. */
  killWorker(): Promise<void>;
  /** A new process of the same Steps takes its place. */
  restartWorker(): Promise<void>;
  /** The process hangs: nothing it sends arrives, and nothing arrives at it, until `resumeWorker`. */
  hangWorker(): void;
  resumeWorker(): void;
  /** Every message between engine and process takes this long. 0 ends it. */
  delayMessages(delayMs: number): void;
}

/** Steps running against a real engine in this process. `await using app = await createTestApp({ steps: [hello] })`. */
export interface TestApp extends AsyncDisposable {
  readonly http: TestHttp;
  /** Base URL of the REST module. */
  readonly url: string;
  /** Calls a function by its id, or a Step by its name when it has one trigger. */
  invoke<TResult = unknown>(functionIdOrStepName: string, payload?: unknown, options?: { readonly timeoutMs?: number }): Promise<TResult>;
  /** Log records of the engine and of the Steps, oldest first. */
  readonly logs: readonly TestLogRecord[];
  /** Resolves with the first record, past or future, that matches. */
  waitForLog(matches: string | ((record: TestLogRecord) => boolean)): Promise<TestLogRecord>;
  /** What the engine accepted, parked and refused of the Steps. */
  readonly report: RegistrationReport;
  /** Steps that are not served. */
  readonly problems: readonly Error[];
  /** @throws Error when the app was not created with a manual clock */
  readonly clock: TestClock;
  readonly faults: TestFaults;
  readonly engine: TestEngine;
  stop(): Promise<void>;
}

interface MemoryLogs {
  readonly records: readonly TestLogRecord[];
  next(matches: (record: TestLogRecord) => boolean): Promise<TestLogRecord>;
}

/**
 * Runs Steps against the real engine and its modules in memory: everything but the process boundary is as in production.
 * @throws MotiaError `MOTIA_SDK_ENGINE_MISSING` when `@motia/engine` is not installed, and what a failed start throws
 */
export async function createTestApp(options: TestAppOptions): Promise<TestApp> {
  const kit = options.engine ?? (await importKit());
  const clock = options.clock === undefined || options.clock === 'real' ? undefined : new kit.ManualClock(...(options.clock === 'manual' ? [] : [options.clock]));
  const modules = options.config === undefined || options.modules !== undefined ? onFreePort(options.modules ?? withoutSockets(kit.defaultModules())) : [];
  const host = await kit.startTestHost(modules as unknown as readonly never[], {
    mode: options.mode ?? 'development',
    ...(options.config === undefined ? {} : { config: options.config }),
    ...(clock === undefined ? {} : { clock }),
    ...(kit.importBesideEngine === undefined ? {} : { importPackage: kit.importBesideEngine }),
  });
  const logs = host.logs as unknown as MemoryLogs;
  try {
    for (const [id, handler] of Object.entries(options.functions ?? {})) host.functions.register({ id }, handler as (payload: unknown) => unknown);
    const process = new TestProcess(host, options, clock !== undefined);
    const served = await process.start();
    const baseUrl = (): string => {
      const address = host.service<{ address(): { host: string; port: number } | undefined }>({ id: 'rest.server' }).address();
      if (address === undefined) throw new Error('the REST module of this test app listens on no port');
      return `http://${address.host.includes(':') ? `[${address.host}]` : address.host}:${address.port}`;
    };
    let stopping: Promise<void> | undefined;
    const stop = (): Promise<void> => (stopping ??= process.stop().then(() => host.stop({ drainTimeoutMs: 1000 })));
    return {
      http: testHttp(baseUrl),
      get url() {
        return baseUrl();
      },
      invoke: <TResult>(name: string, payload?: unknown, invokeOptions?: { readonly timeoutMs?: number }) => host.functions.invoke(functionIdOf(served.report, name), payload, invokeOptions) as Promise<TResult>,
      get logs() {
        return logs.records;
      },
      waitForLog: (matches) => logs.next(typeof matches === 'string' ? (record) => record.message.includes(matches) : matches),
      report: served.report,
      problems: served.problems,
      get clock() {
        if (clock === undefined) throw new Error("create the app with clock: 'manual' to move its time");
        return clock;
      },
      faults: process,
      engine: host,
      stop,
      [Symbol.asyncDispose]: stop,
    };
  } catch (error) {
    await host.stop({ drainTimeoutMs: 0 });
    throw error;
  }
}

/** The process of the Steps, as far as the engine can tell. */
class TestProcess implements TestFaults {
  readonly #host: TestEngine;
  readonly #options: TestAppOptions;
  readonly #hasManualClock: boolean;
  #transport: FaultyTransport | undefined;
  #handle: TestWorkerHandle | undefined;
  #served: ServedApp | undefined;

  constructor(host: TestEngine, options: TestAppOptions, hasManualClock: boolean) {
    this.#host = host;
    this.#options = options;
    this.#hasManualClock = hasManualClock;
  }

  async start(): Promise<ServedApp> {
    const { steps, streams = [], mode = 'development' } = this.#options;
    const [engineSide, workerSide] = createMemoryTransportPair();
    this.#transport = new FaultyTransport(workerSide);
    // Under a manual clock days pass in one turn; a heartbeat would take the worker for dead.
    const heartbeat = this.#hasManualClock ? { heartbeatIntervalMs: 0 } : {};
    this.#handle = this.#host.workers.attach(engineSide, { owner: 'test:app', label: 'the Steps under test', retain: true, ...heartbeat });
    this.#handle.registered.catch(() => undefined);
    this.#served = await serve({ steps: steps.map(asLoaded('step')), streams: streams.map(asLoaded('stream')), mode }, { transport: this.#transport, name: 'test app' });
    return this.#served;
  }

  async stop(): Promise<void> {
    this.#transport?.release();
    await this.#served?.close();
    await this.#handle?.closed;
  }

  async killWorker(): Promise<void> {
    this.#transport?.destroy();
    await this.#handle?.closed;
  }
  async restartWorker(): Promise<void> {
    await this.killWorker();
    await this.start();
  }
  hangWorker(): void {
    this.#transport?.hold();
  }
  resumeWorker(): void {
    this.#transport?.release();
  }
  delayMessages(delayMs: number): void {
    this.#transport?.delay(delayMs);
  }
}

async function importKit(): Promise<EngineTestKit> {
  try {
    return await import('@motia/engine/testing');
  } catch (error) {
    throw sdkErrors.ENGINE_MISSING({ cause: error instanceof Error ? error.message : String(error) }, error);
  }
}

/** Modules that listen where other test apps would, too. */
const listening: ReadonlySet<string | undefined> = new Set(['modules::api::RestApiModule', 'modules::stream::StreamModule']);
const workerClass = 'modules::worker::WorkerModule';

/** Nothing connects to a test app from outside, and its port would stand in the way of another one's. */
function withoutSockets(modules: readonly TestModuleUse[]): readonly TestModuleUse[] {
  return modules.filter((use) => (use.definition as { class?: string }).class !== workerClass);
}

function onFreePort(modules: readonly TestModuleUse[]): TestModuleUse[] {
  return modules.map((use) => (listening.has((use.definition as { class?: string }).class) ? { ...use, options: { ...(use.options as object | undefined), port: 0 } } : use));
}

const asLoaded =
  (kind: 'step' | 'stream') =>
  (given: TestStep, index: number): LoadedModule =>
    'filePath' in given ? given : { filePath: `test/${kind}-${index + 1}.${kind}.ts`, module: given };

function functionIdOf(report: RegistrationReport, name: string): string {
  if (report.functions.includes(name)) return name;
  const own = report.functions.filter((id) => id.startsWith(`steps::${name}::trigger::`) && !id.includes('::conditions::'));
  if (own.length > 1) throw new Error(`Step "${name}" has several triggers; name one of ${own.join(', ')}`);
  return own[0] ?? name;
}
