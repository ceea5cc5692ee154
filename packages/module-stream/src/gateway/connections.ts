import type { Clock, Timer } from '@motia/engine-core/contract';
import type { Closing } from '../delivery/frame-text.js';
import type { Hub } from '../delivery/hub.js';
import type { Member } from '../presence/presence.js';
import type { ClientConnection } from './client-connection.js';

/** A client that is connected, as its transport keeps it. */
export interface OpenClient {
  readonly connection: ClientConnection;
  /** By a function of the app. */
  readonly isAuthenticated: boolean;
  /** Heartbeat and deadlines; called about every second. */
  check(nowMs: number): void;
  terminate(): void;
}

/** Milliseconds between two looks at every client. One timer for all of them. */
export const sweepMs = 1_000;

/** Everyone who is connected. */
export class Connections {
  readonly #clock: Clock;
  readonly #hub: Hub;
  readonly #open = new Set<OpenClient>();
  /** Clients that are being authenticated. */
  pending = 0;
  #isStarted = false;
  #timer: Timer | undefined;
  #whenEmpty: (() => void)[] = [];

  constructor(clock: Clock, hub: Hub) {
    this.#clock = clock;
    this.#hub = hub;
  }

  get size(): number {
    return this.#open.size;
  }

  get subscriptions(): number {
    let sum = 0;
    for (const { connection } of this.#open) sum += connection.subscriptionCount;
    return sum;
  }

  *members(): Iterable<Member> {
    for (const { connection } of this.#open) yield* connection.members();
  }

  start(): void {
    this.#isStarted = true;
    if (this.#open.size > 0) this.#arm();
  }

  stop(): void {
    this.#isStarted = false;
    this.#disarm();
  }

  add(client: OpenClient): void {
    this.#open.add(client);
    if (this.#isStarted) this.#arm();
  }

  remove(client: OpenClient): void {
    if (!this.#open.delete(client) || this.#open.size > 0) return;
    for (const resolve of this.#whenEmpty) resolve();
    this.#whenEmpty = [];
  }

  /** Closes every client, or those that `concerns` names. `closing` is asked for each: reconnecting is spread over time. */
  closeAll(closing: () => Closing, concerns: (client: OpenClient) => boolean = () => true): void {
    for (const client of [...this.#open]) if (concerns(client)) client.connection.close(closing());
  }

  terminateAll(): void {
    for (const client of [...this.#open]) {
      client.connection.end();
      client.terminate();
    }
  }

  /** Resolves when nobody is connected, or the signal aborts. */
  empty(signal: AbortSignal): Promise<void> {
    if (this.#open.size === 0 || signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      this.#whenEmpty.push(resolve);
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
  }

  #arm(): void {
    this.#timer ??= this.#clock.setInterval(() => this.#sweep(), sweepMs);
  }

  #disarm(): void {
    this.#clock.clear(this.#timer);
    this.#timer = undefined;
  }

  /** While nobody is connected there is nothing to look at: the timer goes with the last client, one look later. */
  #sweep(): void {
    const nowMs = this.#clock.monotonicMs();
    for (const client of this.#open) client.check(nowMs);
    this.#hub.forgetSnapshots();
    if (this.#open.size === 0) this.#disarm();
  }
}
