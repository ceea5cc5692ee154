import { ProcessServiceRef, type LogRecord, type ProcessService } from '@motia/engine-core/contract';
import { startTestHost, type TestHost } from '@motia/engine-core/testing';
import { temporaryFolder, type TemporaryFolder } from '@motia/tools/testing';
import { exec, type ExecModuleInput } from '../../src/index.js';
import { node } from './programs.js';
import { waitFor } from './wait-for.js';

export interface RunningExec extends AsyncDisposable {
  readonly host: TestHost;
  readonly folder: TemporaryFolder;
  readonly processes: ProcessService;
  call<T = unknown>(functionId: string, payload?: unknown, options?: { timeoutMs?: number; parkMs?: number }): Promise<T>;
  states(): readonly string[];
  untilStates(...expected: readonly string[]): Promise<void>;
  /** Calls `test::held`, which answers once `release` was called. Resolves when the call is in flight. */
  hold(): Promise<HeldCall>;
  /** Output of processes, not what modules log. */
  output(): readonly LogRecord[];
  health(): { readonly status: string; readonly reason?: string } | undefined;
}

export interface HeldCall {
  readonly answer: Promise<{ readonly version: string; readonly pid: number }>;
  release(): void;
}

/** What tests may leave out: the fixture worker as the only command. */
export type TestExecOptions = Partial<ExecModuleInput>;

const quick = { stop_grace_ms: 1_000, term_timeout_ms: 500, debounce_ms: 50, restart_delay_ms: 20 } as const;

/** Runs ExecModule on a real engine with its working folder in a temporary one. */
export async function startExec(options: TestExecOptions = {}, host: { readonly mode?: 'development' | 'production'; readonly folder?: TemporaryFolder; readonly start?: boolean } = {}): Promise<RunningExec> {
  const folder = host.folder ?? temporaryFolder('exec');
  let started: TestHost;
  try {
    started = await startTestHost([exec({ ...quick, exec: [[...node('worker')]], runtime_dir: 'run', ...options })], {
      baseDir: folder.path,
      mode: host.mode ?? 'development',
      start: host.start ?? true,
    });
  } catch (error) {
    await folder.remove();
    throw error;
  }
  const processes = (): ProcessService => started.service(ProcessServiceRef);
  const states = (): readonly string[] => processes().list().map((process) => process.state);
  return {
    host: started,
    folder,
    get processes() {
      return processes();
    },
    call: (functionId, payload, callOptions) => started.functions.invoke(functionId, payload, callOptions) as Promise<never>,
    states,
    untilStates: async (...expected) => void (await waitFor(`states ${expected.join(', ')}`, () => String(states()) === String(expected))),
    async hold() {
      const answer = started.functions.invoke('test::held', undefined) as HeldCall['answer'];
      const pid = (await waitFor('the call to run', () => started.workers.list().find((worker) => worker.inFlight > 0))).pid as number;
      // Both travel over one connection, in order: the call has arrived when this one is answered.
      await started.functions.invoke('test::echo', undefined);
      return { answer, release: () => void process.kill(pid, 'SIGUSR2') };
    },
    output: () => started.logs.records.filter((record) => record.stream === 'stderr' || record.stream === 'stdout'),
    health: () => started.health.report().components['exec'],
    async [Symbol.asyncDispose]() {
      await started.stop();
      await folder.remove();
    },
  };
}
