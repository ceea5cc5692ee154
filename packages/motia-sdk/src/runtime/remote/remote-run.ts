import { hostname } from 'node:os';
import { isMotiaError, messageOf, nodeStreamTransport, type MotiaError, type Transport } from '@motia/protocol';
import type { InvocationScope } from '../../context/invocation-scope.js';
import type { OtelSettings } from '../../telemetry/otel-config.js';
import type { LoadedApp } from '../loaded-module.js';
import { serve, type ServedApp } from '../serve.js';
import { connectEngine } from './connect-engine.js';
import type { EngineAddress } from './engine-address.js';
import { EngineHeartbeat } from './engine-heartbeat.js';
import { remoteErrors } from './errors.js';
import { reconnectDelayMs, stableAfterMs } from './reconnect-policy.js';
import type { RemoteEngine } from './remote-engine.js';

export interface RemoteRunOptions {
  readonly app: LoadedApp;
  readonly engine: RemoteEngine;
  readonly name?: string | undefined;
  readonly otel?: OtelSettings | undefined;
  readonly onInvocationEnd?: (scope: InvocationScope) => void;
  readonly onReady?: ((served: ServedApp) => void) | undefined;
  /** A line for whoever looks after the process. */
  readonly report: (line: string) => void;
  readonly random?: () => number;
}

/** Why it ended for good. */
export interface RemoteRunEnd {
  readonly exitCode: number;
  readonly reason: string;
}

/** From the connection until the app is live: registering a large app, and triggers that take their time to bind. */
const handshakeMs = 30_000;
/** How long calls may take to end when the process is asked to leave. Within the 30 s that supervisors commonly give. */
const leaveMs = 25_000;

const configExitCode = 78;
const startExitCode = 70;
/** It left before its calls were done. */
const unfinishedExitCode = 1;

/**
 * Serves an app to an engine over a socket for as long as the process lives: connects, registers everything, and does so
 * again whenever the connection is lost, without end. Only two things end it: `leave`, and an engine that will never
 * take it (a wrong token, another protocol, an app that cannot be registered at the start).
 */
export class RemoteRun {
  readonly #options: RemoteRunOptions;
  readonly #leaving = new AbortController();
  #transport: Transport | undefined;
  #served: ServedApp | undefined;
  /** The former connection, which the engine may still take for alive. */
  #formerId: string | undefined;
  #unfinished = 0;

  constructor(options: RemoteRunOptions) {
    this.#options = options;
  }

  async run(): Promise<RemoteRunEnd> {
    const { report, engine, random = Math.random } = this.#options;
    for (let failures = 0; ; failures += 1) {
      const outcome = await this.#serveOnce();
      if (this.#leaving.signal.aborted) return this.#left();
      if ('final' in outcome) return outcome.final;
      if (outcome.livedMs >= stableAfterMs) failures = 0;
      const delayMs = reconnectDelayMs(failures, random());
      report(`${outcome.reason}; connecting to ${engine.address.text} again in ${(delayMs / 1000).toFixed(1)} s`);
      await this.#pause(delayMs);
      if (this.#leaving.signal.aborted) return this.#left();
    }
  }

  /** Tells the engine that no more calls may come, finishes those that are running, and ends the connection: `run` resolves then. Idempotent. */
  async leave(): Promise<void> {
    if (this.#leaving.signal.aborted) return;
    const served = this.#served;
    this.#options.report(served === undefined ? 'leaving' : `leaving: finishing ${served.worker.inFlight} running call(s)`);
    this.#leaving.abort();
    if (served === undefined) return this.#transport?.destroy();
    this.#unfinished = await served.worker.leave(leaveMs);
    await served.close();
  }

  /** One connection from its beginning to its end. */
  async #serveOnce(): Promise<{ readonly reason: string; readonly livedMs: number } | { readonly final: RemoteRunEnd }> {
    const { engine: { address, tls }, report, onReady } = this.#options;
    const isFirst = this.#formerId === undefined;
    let served: ServedApp;
    try {
      const socket = await connectEngine(address, { tls, signal: this.#leaving.signal });
      served = await this.#serve(nodeStreamTransport(socket, socket), isFirst);
    } catch (error) {
      const final = finalEnd(error, isFirst);
      return final === undefined ? { reason: `${messageOf(error)}${wrongKind(error, address)}`, livedMs: 0 } : { final };
    }
    if (this.#leaving.signal.aborted) await served.close();
    const liveAtMs = performance.now();
    this.#served = served;
    this.#formerId = served.worker.workerId;
    const heartbeat = new EngineHeartbeat({
      endpoint: served.worker.endpoint,
      intervalMs: served.worker.heartbeatIntervalMs,
      onSilent: (silentMs) => served.worker.endpoint.close(remoteErrors.ENGINE_SILENT({ address: address.text, silentMs })),
    });
    report(`serving ${address.text} as ${this.#formerId ?? 'a worker'}: ${served.report.functions.length} function(s)`);
    onReady?.(served);
    const end = await served.ended;
    heartbeat.stop();
    this.#served = undefined;
    return { reason: end.reason === 'shutdown' ? `the engine closed the connection (${end.detail})` : `the connection was lost (${end.detail})`, livedMs: performance.now() - liveAtMs };
  }

  async #serve(transport: Transport, isFirst: boolean): Promise<ServedApp> {
    const { app, engine: { address, token }, name = `motia@${hostname()}`, otel, onInvocationEnd } = this.#options;
    this.#transport = transport;
    // A frozen engine accepts connections and says nothing: its system does it.
    const timer = setTimeout(() => transport.destroy(remoteErrors.ENGINE_SILENT({ address: address.text, silentMs: handshakeMs })), handshakeMs);
    try {
      return await serve(app, { transport, name, token, isRemote: true, previousWorkerId: this.#formerId, isReplacement: !isFirst, otel, onInvocationEnd });
    } finally {
      clearTimeout(timer);
      this.#transport = undefined;
    }
  }

  #left(): RemoteRunEnd {
    const isClean = this.#unfinished === 0;
    const reason = isClean ? 'it was asked to leave' : `it was asked to leave, and ${this.#unfinished} call(s) were not finished in time`;
    return { exitCode: isClean ? 0 : unfinishedExitCode, reason };
  }

  #pause(delayMs: number): Promise<void> {
    const { signal } = this.#leaving;
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, delayMs);
      signal.addEventListener('abort', done);
    });
  }
}

/** What no later attempt could change. The app itself is judged at the first connection only: later, another engine's state is. */
function finalEnd(error: unknown, isFirst: boolean): RemoteRunEnd | undefined {
  if (!isMotiaError(error)) return isFirst ? { exitCode: startExitCode, reason: error instanceof Error ? (error.stack ?? error.message) : String(error) } : undefined;
  if (error.code === 'MOTIA_PROTOCOL_CONNECTION_CLOSED') return undefined;
  if (error.code === 'MOTIA_SDK_START_FAILED') return isFirst ? { exitCode: startExitCode, reason: describe(error) } : undefined;
  return error.retryable ? undefined : { exitCode: configExitCode, reason: describe(error) };
}

function describe({ code, message, hint }: MotiaError): string {
  return `${code}: ${message}${hint === undefined ? '' : `\n${hint}`}`;
}

/** An engine that expects TLS ends a plain connection without a word. */
function wrongKind(error: unknown, { kind }: EngineAddress): string {
  return kind === 'tcp' && isMotiaError(error, 'MOTIA_PROTOCOL_CONNECTION_CLOSED') ? ' before it answered (where the engine prints a tls:// address, connect to that)' : '';
}
