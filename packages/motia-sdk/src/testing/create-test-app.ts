import { messageOf } from '@motia/protocol';
import { sdkErrors } from '../errors.js';
import type { StreamConfig } from '../context/stream-config.js';
import { StateManager } from '../context/state-store.js';
import { Stream, type StreamDefinition } from '../context/stream.js';
import { publishMessage } from '../context/enqueue-calls.js';
import { makeCall } from '../context/module-call.js';
import type { RegistrationReport } from '../runtime/register-app.js';
import { SettlingClock } from './test-clock.js';
import { testCron, type TestCron } from './test-cron.js';
import type { EngineTestKit, TestClock, TestEngine, TestLogRecord, TestModuleUse } from './test-engine.js';
import { testHttp, type TestHttp } from './test-http.js';
import { configForTests, defaultsFor, onFreePorts } from './test-modules.js';
import { TestProcess, type TestFaults, type TestStep } from './test-process.js';
import { testQueue, type TestQueue } from './test-queue.js';
import { testScope } from './test-scope.js';

export interface TestAppOptions {
  readonly steps: readonly TestStep[];
  /** What stream files export, or streams themselves as `defineStream` makes them. */
  readonly streams?: readonly TestStep[];
  /** What `motia.config` exports: `authenticateStream`, `otel`. */
  readonly motiaConfig?: object;
  /** Modules to run. Default: those that the engine runs without a configuration, in memory. They always take free ports. */
  readonly modules?: readonly TestModuleUse[];
  /** Content of a config.yaml as an object, instead of `modules`. Its commands are not run, and it takes free ports. */
  readonly config?: object;
  /** `development` serves what can be served; `production` refuses to start otherwise. Default `development`. */
  readonly mode?: 'development' | 'production';
  /** Functions of the engine's process: what Steps call and no module offers, or in place of a default module: `{ 'state::get': () => null }`. */
  readonly functions?: Readonly<Record<string, (payload: never) => unknown>>;
  /** `manual` gives `app.clock`, which the test moves; a time starts it there. Default: real time. */
  readonly clock?: 'real' | 'manual' | Date;
  /** Default: `@motia/engine/testing`. */
  readonly engine?: EngineTestKit;
}

/** Steps running against a real engine in this process. `await using app = await createTestApp({ steps: [hello] })`. */
export interface TestApp extends AsyncDisposable {
  readonly http: TestHttp;
  /** Base URL of the REST module. */
  readonly url: string;
  /** Where stream clients connect: `ws://127.0.0.1:41234`. */
  readonly streamUrl: string;
  /** Calls a function by its id, or a Step by its name when it has one trigger. */
  invoke<TResult = unknown>(functionIdOrStepName: string, payload?: unknown, options?: { readonly timeoutMs?: number }): Promise<TResult>;
  /** The state, as Steps see it. */
  readonly state: StateManager;
  /** A stream, by its definition or its name. */
  stream<C extends StreamConfig>(definition: StreamDefinition<C>): Stream<C>;
  stream(name: string): Stream;
  readonly queue: TestQueue;
  readonly cron: TestCron;
  publish(topic: string, data: unknown): Promise<void>;
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
  const { clock: chosen = 'real', functions = {}, mode = 'development' } = options;
  const time = chosen === 'real' ? undefined : new kit.ManualClock(...(chosen === 'manual' ? [] : [chosen]));
  const host = await kit.startTestHost(modulesOf(options, kit) as unknown as readonly never[], {
    mode,
    ...(options.config === undefined ? {} : { config: configForTests(options.config) }),
    ...(time === undefined ? {} : { clock: time }),
    ...(kit.importBesideEngine === undefined ? {} : { importPackage: kit.importBesideEngine }),
  });
  const logs = host.logs as unknown as MemoryLogs;
  try {
    for (const [id, handler] of Object.entries(functions)) host.functions.register({ id }, handler as (payload: unknown) => unknown);
    const process = new TestProcess(host, { steps: options.steps, streams: options.streams ?? [], motiaConfig: options.motiaConfig, mode, hasManualClock: time !== undefined });
    const served = await process.start();
    const countBusy = (): number => host.openCalls + process.inFlight;
    const clock = time === undefined ? undefined : new SettlingClock(time, countBusy, durationWith(kit));
    const scope = testScope(host);
    let stopping: Promise<void> | undefined;
    const stop = (): Promise<void> => (stopping ??= process.stop().then(() => host.stop({ drainTimeoutMs: 1000 })));
    const baseUrl = (): string => urlOf(host, 'http', 'rest.server', 'REST');
    return {
      http: testHttp(baseUrl),
      get url() {
        return baseUrl();
      },
      get streamUrl() {
        return urlOf(host, 'ws', 'stream.service', 'stream');
      },
      invoke: <TResult>(name: string, payload?: unknown, invokeOptions?: { readonly timeoutMs?: number }) => host.functions.invoke(functionIdOf(served.report, name), payload, invokeOptions) as Promise<TResult>,
      state: new StateManager(scope),
      stream: (definition: string | StreamDefinition) => new Stream(typeof definition === 'string' ? ({ name: definition } as StreamConfig) : definition.config, scope) as never,
      queue: testQueue(scope),
      cron: testCron(scope),
      publish: (topic, data) => makeCall(scope, publishMessage(topic, data)),
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

async function importKit(): Promise<EngineTestKit> {
  try {
    return await import('@motia/engine/testing');
  } catch (error) {
    throw sdkErrors.ENGINE_MISSING({ cause: messageOf(error) }, error);
  }
}

function modulesOf({ modules, config, functions = {} }: TestAppOptions, kit: EngineTestKit): readonly TestModuleUse[] {
  if (modules !== undefined) return onFreePorts(modules);
  return config === undefined ? defaultsFor(kit.defaultModules(), Object.keys(functions)) : [];
}

/** Durations are read by the engine's own clock: one of its own is moved by so much, and nothing happens at it. */
function durationWith({ ManualClock }: EngineTestKit): (duration: number | string) => Promise<number> {
  return async (duration) => {
    const probe = new ManualClock(0);
    await probe.advance(duration);
    return probe.monotonicMs();
  };
}

function urlOf(host: TestEngine, scheme: 'http' | 'ws', ref: string, what: string): string {
  const address = host.service<{ address(): { host: string; port: number } | undefined }>({ id: ref }).address();
  if (address === undefined) throw new Error(`the ${what} module of this test app listens on no port`);
  return `${scheme}://${address.host.includes(':') ? `[${address.host}]` : address.host}:${address.port}`;
}

function functionIdOf(report: RegistrationReport, name: string): string {
  if (report.functions.includes(name)) return name;
  const own = report.functions.filter((id) => id.startsWith(`steps::${name}::trigger::`) && !id.includes('::conditions::'));
  if (own.length > 1) throw new Error(`Step "${name}" has several triggers; name one of ${own.join(', ')}`);
  return own[0] ?? name;
}
