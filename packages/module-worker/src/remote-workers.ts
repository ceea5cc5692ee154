import type { Socket } from 'node:net';
import { messageOf, nodeStreamTransport, type Clock, type Logger, type MotiaError, type Timer, type WorkerClosure, type WorkerHandle, type WorkerRegistry } from '@motia/engine-core/contract';
import { workerErrors } from './errors.js';
import { FailureLimit } from './failure-limit.js';
import { sendsMessages, unprovenTransport } from './opening.js';
import type { WorkerOptions } from './options.js';
import type { WorkerTokens } from './worker-tokens.js';

/** The system's own probes of an idle connection; the heartbeat is faster while a worker serves. */
const keepAliveDelayMs = 15_000;
/** Connections that are told why they are refused, per second; the rest is only closed. */
const refusalsPerSecond = 10;
/** How long a socket may take to send what was written before it is cut. */
const closingMs = 1_500;
/** How long a worker whose token is over may take to finish its calls. */
const leavingMs = 30_000;

export interface RemoteWorkersParts {
  readonly instanceId: string;
  readonly workers: WorkerRegistry;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly options: WorkerOptions;
  readonly tokens: WorkerTokens;
}

/** A worker, and which token it came with once it has shown one. */
interface Guest {
  readonly handle: WorkerHandle;
  readonly proof: { tokenVersion?: number };
}

/** The connections of worker processes that the engine did not start. */
export class RemoteWorkers {
  readonly #parts: RemoteWorkersParts;
  readonly #failures: FailureLimit;
  /** Every open socket, with its worker once it has one. */
  readonly #sockets = new Map<Socket, Guest | undefined>();
  /** Places of lost workers that are still remembered. */
  readonly #lost = new Map<string, Timer>();
  readonly #disconnections = new Set<Timer>();
  /** Connections that are or may become workers: those that are only told of their refusal do not count. */
  #taken = 0;
  #connections = 0;
  #refusalWindow = Number.NEGATIVE_INFINITY;
  #refusals = 0;
  #isClosed = false;

  constructor(parts: RemoteWorkersParts) {
    this.#parts = parts;
    this.#failures = new FailureLimit(parts.clock);
  }

  /** A connection, after its TLS handshake. `address` is what failed tokens are counted by; its time to `ready` began at `sinceMs`, on the monotonic scale. */
  accept(socket: Socket, address: string, sinceMs: number): void {
    const { clock, options } = this.#parts;
    if (this.#isClosed) return void socket.destroy();
    socket.on('error', () => undefined);
    socket.setNoDelay(true);
    socket.setKeepAlive(true, keepAliveDelayMs);
    const refusal = this.#refusalOf(address);
    if (refusal !== undefined && !this.#mayExplain()) return void socket.destroy();
    if (refusal === undefined) this.#taken += 1;
    this.#sockets.set(socket, undefined);
    socket.once('close', () => {
      this.#sockets.delete(socket);
      if (refusal === undefined) this.#taken -= 1;
    });
    const leftMs = (): number => Math.max(1, sinceMs + options.handshake_timeout_ms - clock.monotonicMs());
    const timer = clock.setTimeout(() => socket.destroy(), leftMs());
    void sendsMessages(socket).then((isWorker) => {
      clock.clear(timer);
      if (isWorker && !socket.destroyed && !this.#isClosed) return this.#attach(socket, { address, refusal, handshakeTimeoutMs: leftMs() });
      this.#parts.logger.debug('A connection to the worker socket was no worker', { address });
      socket.destroy();
    });
  }

  /** No new workers from now on. */
  stopAccepting(): void {
    this.#isClosed = true;
    for (const [socket, guest] of this.#sockets) if (guest === undefined) socket.destroy();
  }

  /** Workers that have shown who they are. */
  get connected(): number {
    return [...this.#sockets.values()].filter((guest) => guest?.proof.tokenVersion !== undefined).length;
  }

  /** After `afterMs` those go whose token is not taken any more, each when its calls are done. */
  disconnectFormer(afterMs: number): void {
    const { clock, logger, tokens } = this.#parts;
    const timer = clock.setTimeout(() => {
      this.#disconnections.delete(timer);
      for (const guest of this.#sockets.values()) {
        if (guest?.proof.tokenVersion === undefined || tokens.isTaken(guest.proof.tokenVersion)) continue;
        logger.info('A worker that came with a former token is let go', { worker: guest.handle.id });
        void this.#letGo(guest.handle);
      }
    }, afterMs);
    this.#disconnections.add(timer);
  }

  async #letGo(handle: WorkerHandle): Promise<void> {
    const deadline = new AbortController();
    const timer = this.#parts.clock.setTimeout(() => deadline.abort(), leavingMs);
    await handle.drain(deadline.signal);
    this.#parts.clock.clear(timer);
    handle.close('left');
  }

  /** Lets the workers finish their calls for `drainMs`, says goodbye and closes every connection. Idempotent. */
  async close(drainMs: number): Promise<void> {
    this.stopAccepting();
    const { clock, workers } = this.#parts;
    for (const timing of this.#disconnections) clock.clear(timing);
    this.#disconnections.clear();
    const handles = [...this.#sockets.values()].flatMap((guest) => (guest === undefined ? [] : [guest.handle]));
    const deadline = new AbortController();
    const timer = clock.setTimeout(() => deadline.abort(), drainMs);
    await Promise.all(handles.map((handle) => handle.drain(deadline.signal)));
    clock.clear(timer);
    for (const handle of handles) handle.close('left');
    await this.#socketsClosed();
    for (const [owner, remembered] of this.#lost) {
      clock.clear(remembered);
      await workers.release(owner);
    }
    this.#lost.clear();
  }

  #attach(socket: Socket, { address, refusal, handshakeTimeoutMs }: { readonly address: string; readonly refusal: MotiaError | undefined; readonly handshakeTimeoutMs: number }): void {
    const { instanceId, workers, options, tokens } = this.#parts;
    this.#connections += 1;
    const owner = `${instanceId}#${this.#connections}`;
    const transport = unprovenTransport(nodeStreamTransport(socket, socket));
    const proof: Guest['proof'] = {};
    const handle = workers.attach(transport, {
      owner,
      group: instanceId,
      label: `remote worker ${address}${socket.remotePort === undefined ? '' : `:${socket.remotePort}`}`,
      retain: options.reconnect_grace_ms > 0,
      handshakeTimeoutMs,
      heartbeatIntervalMs: options.heartbeat_interval_ms,
      authorize: ({ token }) => {
        if (refusal !== undefined) throw refusal;
        // Others of the same address may have failed since this one connected.
        const waitMs = this.#failures.waitMs(address);
        if (waitMs > 0) throw workerErrors.TOO_MANY_FAILURES({ retryAfterMs: waitMs });
        const version = tokens.versionOf(token);
        if (version === undefined) {
          this.#failures.noteFailure(address);
          return false;
        }
        proof.tokenVersion = version;
        transport.prove();
        return true;
      },
    });
    this.#sockets.set(socket, { handle, proof });
    handle.registered.catch(() => undefined);
    void handle.closed.then((closure) => this.#onClosed(socket, owner, closure));
  }

  /** Its functions stay known for a while; should it come back, that connection takes them over. */
  #onClosed(socket: Socket, owner: string, { reason }: WorkerClosure): void {
    const { clock, logger, options, workers } = this.#parts;
    const cut = clock.setTimeout(() => socket.destroy(), closingMs);
    socket.once('close', () => clock.clear(cut));
    if (socket.destroyed) clock.clear(cut);
    if (reason === 'left' || options.reconnect_grace_ms === 0 || this.#isClosed) return;
    const timer = clock.setTimeout(() => {
      this.#lost.delete(owner);
      workers.release(owner).catch((error: unknown) => logger.error('A lost worker could not be forgotten', { owner, reason: messageOf(error) }));
    }, options.reconnect_grace_ms);
    this.#lost.set(owner, timer);
  }

  /** Why a connection from there is not taken. */
  #refusalOf(address: string): MotiaError | undefined {
    const { max_connections: limit } = this.#parts.options;
    if (this.#taken >= limit) return workerErrors.TOO_MANY_CONNECTIONS({ limit });
    const retryAfterMs = this.#failures.waitMs(address);
    return retryAfterMs === 0 ? undefined : workerErrors.TOO_MANY_FAILURES({ retryAfterMs });
  }

  #mayExplain(): boolean {
    const nowMs = this.#parts.clock.monotonicMs();
    if (nowMs - this.#refusalWindow >= 1_000) {
      this.#refusalWindow = nowMs;
      this.#refusals = 0;
    }
    this.#refusals += 1;
    return this.#refusals <= refusalsPerSecond;
  }

  #socketsClosed(): Promise<void> {
    const { clock } = this.#parts;
    const open = [...this.#sockets.keys()].map((socket) => new Promise<void>((resolve) => {
      if (socket.closed) return resolve();
      const timer = clock.setTimeout(() => socket.destroy(), closingMs);
      socket.once('close', () => {
        clock.clear(timer);
        resolve();
      });
    }));
    return Promise.all(open).then(() => undefined);
  }
}
