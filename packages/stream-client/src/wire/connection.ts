import type { Platform, SocketLike } from '../platform/platform.js';
import { StreamError } from '../stream-error.js';
import { parseServerFrame, type ServerFrame } from './frames.js';
import { afterClose, reconnectDelayMs } from './reconnect-policy.js';

/** Silence after which the server is asked for a sign of life, and how long it has for that. */
const quietMs = 30_000;
const answerMs = 10_000;
/** Messages that go out at once, and how many more how often: a little less than a server takes of one client. */
const burst = 200;
const perRefill = 5;
const refillMs = 100;
/** However often a server complains. */
const slowestRefillMs = 5_000;
/** Close code for a connection that we took for dead, or never had. */
const noConnection = 4000;

export type Credentials = readonly string[] | (() => readonly string[] | Promise<readonly string[]>);
export type Address = string | (() => string | Promise<string>);

export interface ConnectionParts {
  readonly address: Address;
  readonly protocols: Credentials;
  readonly platform: Platform;
  readonly onOpen: () => void;
  readonly onFrame: (frame: ServerFrame) => void;
  /** The connection is gone; another one is tried unless `error` says why not. */
  readonly onDown: (error: StreamError | undefined) => void;
}

/** One socket to the server at a time, opened again whenever it is lost, for as long as it is wanted. */
export class Connection {
  readonly #parts: ConnectionParts;
  #socket: SocketLike | undefined;
  #isOpen = false;
  #isWanted = false;
  #attempts = 0;
  /** Grows with every socket: what an older one still says is not listened to. */
  #round = 0;
  #reconnectAfterMs: number | undefined;
  #retry: unknown;
  #watchdog: unknown;
  #stopOnline: (() => void) | undefined;
  /** Messages that may go out now, and those that wait until more may. */
  #credit = burst;
  #waiting: string[] = [];
  #refill: unknown;
  /** Longer with each complaint, also on later connections: the server is the same. Shorter again after every while without. */
  #refillMs = refillMs;
  #isSlowed = false;

  constructor(parts: ConnectionParts) {
    this.#parts = parts;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Idempotent. */
  open(): void {
    if (this.#isWanted) return;
    this.#isWanted = true;
    this.#stopOnline = this.#parts.platform.onOnline(() => this.#hurry());
    void this.#connect();
  }

  /** Idempotent; `open` starts anew. */
  close(): void {
    this.#isWanted = false;
    this.#attempts = 0;
    this.#stopOnline?.();
    this.#stopOnline = undefined;
    this.#clearTimers();
    this.#drop(1000);
  }

  /** Sends when the connection is open; the state is sent anew after each opening, so nothing is kept for later. */
  send(type: 'join' | 'leave', data: object): void {
    if (!this.#isOpen) return;
    this.#waiting.push(JSON.stringify({ type, data }));
    this.#flush();
  }

  #flush(): void {
    while (this.#credit > 0 && this.#waiting.length > 0) {
      this.#credit -= 1;
      this.#socket?.send(this.#waiting.shift() as string);
    }
    if (this.#credit === burst || this.#refill !== undefined) return;
    this.#refill = this.#parts.platform.setTimeout(() => {
      this.#refill = undefined;
      this.#isSlowed = false;
      this.#credit = Math.min(burst, this.#credit + perRefill);
      // Everything saved up, and no complaint: what kept the server busy is over.
      if (this.#credit === burst) this.#refillMs = Math.max(refillMs, this.#refillMs / 2);
      this.#flush();
    }, this.#refillMs);
  }

  /** The server takes less than it gets. Complaints about messages that went out together count once. */
  slowDown(): void {
    if (this.#isSlowed) return;
    this.#isSlowed = true;
    this.#refillMs = Math.min(slowestRefillMs, this.#refillMs * 2);
    this.#credit = 0;
    this.#flush();
  }

  async #connect(): Promise<void> {
    this.#clearTimers();
    const round = (this.#round += 1);
    // Neither credentials that never come nor a server that takes the connection and says nothing may keep it waiting for ever.
    this.#watchdog = this.#parts.platform.setTimeout(() => this.#giveUp('it did not open'), quietMs);
    let socket: SocketLike;
    let target: readonly [string, readonly string[]];
    try {
      target = await Promise.all([valueOf(this.#parts.address), valueOf(this.#parts.protocols)]);
    } catch {
      // Whoever fetches a token may have better luck later.
      if (round === this.#round && this.#isWanted) this.#lost(noConnection, undefined);
      return;
    }
    if (round !== this.#round || !this.#isWanted) return;
    try {
      socket = this.#parts.platform.open(...target);
    } catch (cause) {
      this.#stop(new StreamError('MOTIA_STREAM_CLIENT_CANNOT_CONNECT', cause instanceof Error ? cause.message : String(cause), cause));
      return;
    }
    this.#socket = socket;
    this.#reconnectAfterMs = undefined;
    const isCurrent = (): boolean => round === this.#round;
    socket.addEventListener('open', () => {
      if (!isCurrent()) return;
      this.#isOpen = true;
      this.#credit = burst;
      this.#heard();
      this.#parts.onOpen();
    });
    socket.addEventListener('message', ({ data }) => {
      if (!isCurrent()) return;
      this.#heard();
      const frame = typeof data === 'string' ? parseServerFrame(data) : undefined;
      if (frame === undefined) return;
      // The server works: the next loss is a new one.
      this.#attempts = 0;
      if (frame.type === 'closing') this.#reconnectAfterMs = frame.reconnectAfterMs;
      this.#parts.onFrame(frame);
    });
    // What an error was about is told by the close that follows it.
    socket.addEventListener('error', () => undefined);
    socket.addEventListener('close', ({ code, reason }) => {
      if (isCurrent()) this.#lost(code, reason);
    });
  }

  #lost(code: number, reason: string | undefined): void {
    this.#clearTimers();
    this.#socket = undefined;
    this.#isOpen = false;
    this.#round += 1;
    if (!this.#isWanted) return;
    const meaning = afterClose(code, this.#reconnectAfterMs);
    const canRenew = typeof this.#parts.protocols === 'function' || typeof this.#parts.address === 'function';
    if (meaning === 'stop') return this.#stop(new StreamError('MOTIA_STREAM_CLIENT_CLOSED', `The server closed the connection for good (${code}${reason === undefined || reason === '' ? '' : `: ${reason}`}).`));
    if (meaning === 'credentials' && !canRenew) return this.#stop(new StreamError('MOTIA_STREAM_CLIENT_UNAUTHORIZED', 'The server did not accept who this client says it is.'));
    const delayMs = this.#reconnectAfterMs ?? reconnectDelayMs(this.#attempts, this.#parts.platform.random);
    this.#attempts += 1;
    this.#retry = this.#parts.platform.setTimeout(() => void this.#connect(), delayMs);
    // Last: whoever is told may close everything, or throw.
    this.#parts.onDown(undefined);
  }

  /** The network came back: waiting makes no sense any more. */
  #hurry(): void {
    if (this.#isWanted && this.#socket === undefined && this.#retry !== undefined) void this.#connect();
  }

  #stop(error: StreamError): void {
    this.close();
    this.#parts.onDown(error);
  }

  /** A socket can be dead without anyone being told: after a silence the server has to say something. */
  #heard(): void {
    const { platform } = this.#parts;
    platform.clearTimeout(this.#watchdog);
    this.#watchdog = platform.setTimeout(() => {
      this.#socket?.send('{"type":"ping"}');
      this.#watchdog = platform.setTimeout(() => this.#giveUp('no sign of life'), answerMs);
    }, quietMs);
  }

  /** Nobody waits for the close of a socket that says nothing. */
  #giveUp(reason: string): void {
    this.#drop(noConnection);
    this.#lost(noConnection, reason);
  }

  #drop(code: number): void {
    const socket = this.#socket;
    this.#socket = undefined;
    this.#isOpen = false;
    this.#round += 1;
    try {
      socket?.close(code);
    } catch {
      // A socket that is still connecting may refuse to be closed so early; nobody listens to it any more.
    }
  }

  #clearTimers(): void {
    this.#parts.platform.clearTimeout(this.#retry);
    this.#parts.platform.clearTimeout(this.#watchdog);
    this.#parts.platform.clearTimeout(this.#refill);
    this.#refill = undefined;
    this.#waiting = [];
    this.#retry = undefined;
    this.#watchdog = undefined;
  }
}

function valueOf<T>(given: T | (() => T | Promise<T>)): T | Promise<T> {
  return typeof given === 'function' ? (given as () => T | Promise<T>)() : given;
}
