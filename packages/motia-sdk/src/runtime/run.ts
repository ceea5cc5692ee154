import { fdTransport, nodeStreamTransport, type Transport } from '@motia/protocol';
import type { Readable, Writable } from 'node:stream';
import { emitLog, shared } from '../context/invocation-scope.js';
import { installOutputCapture } from '../output/index.js';
import type { LoadedApp } from './loaded-module.js';
import { serve, type ServedApp } from './serve.js';

export interface RunOptions extends LoadedApp {
  /** Shown in lists of workers. */
  readonly name?: string;
  /** Default: what the environment says (`III_IPC_FDS`), else this process's stdin and stdout. */
  readonly transport?: Transport;
  /** Ends the process. Default `process.exit`. */
  readonly exit?: (exitCode: number) => void;
  /** When the app is live. */
  readonly onReady?: (served: ServedApp) => void;
}
export interface RunOutcome {
  readonly exitCode: number;
  readonly reason: string;
}

const internalErrorExitCode = 70;

/**
 * Serves an app for the life of this process: connects to the engine that started it, and exits 0 when the engine says
 * so or its pipe closes, 70 when the app could not be started.
 */
export async function run(options: RunOptions): Promise<RunOutcome> {
  const { exit = (code) => process.exit(code) } = options;
  const outcome = await serveUntilTheEnd(options);
  exit(outcome.exitCode);
  return outcome;
}

async function serveUntilTheEnd(options: RunOptions): Promise<RunOutcome> {
  const capture = installOutputCapture(shared.storage, emitLog);
  const signals = yieldToEngine();
  try {
    const served = await serve(options, { transport: options.transport ?? transportOfProcess(process.env), name: options.name, isReplacement: process.env['III_EXEC_RELOAD'] === '1', onInvocationEnd: (scope) => capture.flushInvocation(scope) });
    signals.worker = served.worker;
    options.onReady?.(served);
    const end = await served.ended;
    return { exitCode: end.reason === 'faulty' ? internalErrorExitCode : 0, reason: end.detail };
  } catch (error) {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    process.stderr.write(`${text}\n`);
    return { exitCode: internalErrorExitCode, reason: error instanceof Error ? error.message : String(error) };
  } finally {
    signals.release();
    capture.uninstall();
  }
}

/**
 * Signals of a terminal or a supervisor reach the whole group, engine included. The engine drains and ends this process
 * itself, so SIGINT is left to it; SIGTERM ends the process as soon as no call is running. Repeats change nothing.
 */
function yieldToEngine(): { worker: ServedApp['worker'] | undefined; release(): void } {
  const signals = {
    worker: undefined as ServedApp['worker'] | undefined,
    release: (): void => {
      process.off('SIGINT', ignore);
      process.off('SIGTERM', terminate);
    },
  };
  const ignore = (): void => undefined;
  let isTerminating = false;
  const terminate = (): void => {
    if (isTerminating) return;
    isTerminating = true;
    if (signals.worker === undefined) process.exit(0);
    void signals.worker.closeWhenIdle();
  };
  process.on('SIGINT', ignore);
  process.on('SIGTERM', terminate);
  return signals;
}

/** Two numbers, `<in>,<out>`. Taken out of the environment: children of user code must not think that these are theirs. */
function transportOfProcess(env: NodeJS.ProcessEnv): Transport {
  const fds = /^(\d+),(\d+)$/.exec(env['III_IPC_FDS'] ?? '');
  delete env['III_IPC_FDS'];
  if (fds !== null) return fdTransport({ readFd: Number(fds[1]), writeFd: Number(fds[2]) });
  const kept = (globalThis as { [stdioKey]?: { input: Readable; output: Writable } })[stdioKey];
  return nodeStreamTransport(kept?.input ?? process.stdin, kept?.output ?? process.stdout);
}
const stdioKey = Symbol.for('motia.stdio');
