import { fdTransport, isMotiaError, messageOf, nodeStreamTransport, type Transport } from '@motia/protocol';
import type { Readable, Writable } from 'node:stream';
import { describeFailure } from '../cli/describe-failure.js';
import { emitLog, shared } from '../context/invocation-scope.js';
import { ipcModeOf } from '../launcher/ipc-mode.js';
import { installOutputCapture } from '../output/index.js';
import type { LoadedApp } from './loaded-module.js';
import { remoteEngineFrom } from './remote/remote-engine.js';
import { RemoteRun } from './remote/remote-run.js';
import { instrumentProcess } from '../telemetry/instrument-process.js';
import { otelOf, serve, type ServedApp } from './serve.js';

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
const configErrorExitCode = 78;
const leavingSignals = ['SIGTERM', 'SIGINT'] as const;

/**
 * Serves an app for the life of this process. Under an engine: exits 0 when the engine says so or its pipe closes, 70 when
 * the app could not be started. With `III_ENGINE_URL`: connects to that engine, again whenever the connection is lost; exits 0
 * after SIGTERM, 78 when the engine will never take it (a wrong token, a wrong address).
 */
export async function run(options: RunOptions): Promise<RunOutcome> {
  const { exit = (code) => process.exit(code) } = options;
  shared.servedBy = 'app';
  const isRemote = options.transport === undefined && ipcModeOf(process.env) === 'remote';
  const outcome = await (isRemote ? serveRemoteEngine(options) : serveUntilTheEnd(options));
  exit(outcome.exitCode);
  return outcome;
}

async function serveUntilTheEnd(options: RunOptions): Promise<RunOutcome> {
  const capture = installOutputCapture(shared.storage, emitLog);
  const signals = yieldToEngine();
  const otel = otelOf(options);
  const restore = instrumentProcess(otel, process.cwd());
  try {
    const served = await serve(options, { transport: options.transport ?? transportOfProcess(process.env), name: options.name, otel, isReplacement: process.env['III_EXEC_RELOAD'] === '1', onInvocationEnd: (scope) => capture.flushInvocation(scope) });
    signals.worker = served.worker;
    options.onReady?.(served);
    const end = await served.ended;
    return { exitCode: end.reason === 'faulty' ? internalErrorExitCode : 0, reason: end.detail };
  } catch (error) {
    // The engine has ended the connection before the app was live, and says itself why it did not take it.
    if (isMotiaError(error, 'MOTIA_PROTOCOL_CONNECTION_CLOSED')) return { exitCode: 0, reason: error.message };
    process.stderr.write(`${describeFailure(error)}\n`);
    return { exitCode: internalErrorExitCode, reason: messageOf(error) };
  } finally {
    restore();
    signals.release();
    capture.uninstall();
  }
}

/**
 * Serves the engine that `III_ENGINE_URL` names. Standard output is the user's: what handlers print is printed, and tied to
 * their traces as well. SIGTERM and SIGINT leave in order, a second one at once.
 */
async function serveRemoteEngine(options: RunOptions): Promise<RunOutcome> {
  const report = (line: string): void => void process.stderr.write(`motia: ${line}\n`);
  const capture = installOutputCapture(shared.storage, emitLog, { echo: true });
  let leave: (() => void) | undefined;
  const otel = otelOf(options);
  const restore = instrumentProcess(otel, process.cwd());
  try {
    const remote = new RemoteRun({
      otel,
      app: options,
      engine: remoteEngineFrom(process.env),
      name: options.name,
      onInvocationEnd: (scope) => capture.flushInvocation(scope),
      onReady: options.onReady,
      report,
    });
    let isLeaving = false;
    leave = (): void => {
      if (isLeaving) process.exit(130);
      isLeaving = true;
      void remote.leave();
    };
    for (const signal of leavingSignals) process.on(signal, leave);
    const { exitCode, reason } = await remote.run();
    report(exitCode === 0 ? `ended: ${reason}` : reason);
    return { exitCode, reason };
  } catch (error) {
    const reason = messageOf(error);
    report(isMotiaError(error) ? `${error.code}: ${reason}\n${error.hint ?? ''}` : error instanceof Error ? (error.stack ?? reason) : reason);
    return { exitCode: isMotiaError(error) ? configErrorExitCode : internalErrorExitCode, reason };
  } finally {
    restore();
    if (leave !== undefined) for (const signal of leavingSignals) process.off(signal, leave);
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
