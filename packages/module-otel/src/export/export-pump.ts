import { nextTurn } from '@motia/engine-core';
import { isMotiaError, messageOf, type Clock, type Logger, type Timer } from '@motia/engine-core/contract';
import type { ExportOutcome } from './exporter-slot.js';

/** What is sent at one time. */
export interface PumpBatch<B> {
  readonly batch: B;
  /** Things in it. */
  readonly count: number;
  /** Number of the thing behind the last one. */
  readonly next: number;
  /** Things that had to make room before they were read. */
  readonly missed: number;
}

/** Where a pump finds what is to be sent: everything that was ever written has a number. */
export interface PumpSource<B> {
  /** Number of the next one that will be written. */
  written(): number;
  /** From number `from` on. */
  read(from: number, most: number): PumpBatch<B>;
}

export interface PumpOptions<B> {
  readonly clock: Clock;
  readonly logger: Logger;
  /** For messages: `spans`, `log records`. */
  readonly what: string;
  readonly destination: string;
  readonly source: PumpSource<B>;
  readonly send: (batch: B, signal: AbortSignal) => Promise<ExportOutcome>;
  readonly batchSize: number;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  /** Told when sending stops working and when it works again. */
  readonly onHealth: (reason: string | undefined) => void;
  /** Before what is there is sent: for sources that make it then. */
  readonly beforeRun?: () => void;
}

/** A pump as seen by whoever starts and stops it. */
export interface Pump {
  readonly counters: PumpCounters;
  start(): void;
  nudge(): void;
  stop(withinMs: number): Promise<void>;
}

export interface PumpCounters {
  readonly sent: number;
  /** Lost: refused, given up, or gone before they could be sent. */
  readonly dropped: number;
  readonly failures: number;
  readonly waiting: number;
}

const firstBackoffMs = 1_000;
const longestBackoffMs = 30_000;
/** A batch that was not taken for so long is given up. */
const giveUpMs = 300_000;

/**
 * Sends what is in a ring, batch by batch, one at a time. Nobody waits for it: while the receiver is slow or down,
 * things stay in the ring, and what has to make room there is counted as dropped.
 */
export class ExportPump<B> implements Pump {
  readonly #options: PumpOptions<B>;
  #next: number;
  #sent = 0;
  #dropped = 0;
  #failures = 0;
  #failingSinceMs: number | undefined;
  #backoffMs = firstBackoffMs;
  #timer: Timer | undefined;
  #sending: Promise<void> | undefined;
  #isStopped = true;
  #inFlight: AbortController | undefined;

  constructor(options: PumpOptions<B>) {
    this.#options = options;
    this.#next = options.source.written();
  }

  get counters(): PumpCounters {
    return { sent: this.#sent, dropped: this.#dropped, failures: this.#failures, waiting: this.#options.source.written() - this.#next };
  }

  start(): void {
    this.#isStopped = false;
    this.#arm(this.#options.intervalMs);
  }

  /** Something was written: a full batch is sent at once. */
  nudge(): void {
    if (this.#sending !== undefined || this.#failingSinceMs !== undefined || this.#isStopped) return;
    if (this.#options.source.written() - this.#next >= this.#options.batchSize) this.#run();
  }

  /** Sends what is left for at most `withinMs`, then stops for good. Counts what was left as dropped. */
  async stop(withinMs: number): Promise<void> {
    if (this.#isStopped) return;
    this.#isStopped = true;
    const { clock, source } = this.#options;
    clock.clear(this.#timer);
    let isOver = false;
    const timer = clock.setTimeout(() => {
      isOver = true;
      this.#inFlight?.abort();
    }, withinMs);
    await this.#sending;
    this.#options.beforeRun?.();
    // What failed a moment ago gets one more try, and no second.
    this.#failingSinceMs = undefined;
    while (!isOver && source.written() > this.#next && this.#failingSinceMs === undefined) await this.#sendBatch();
    clock.clear(timer);
    this.#dropped += Math.max(0, source.written() - this.#next);
    this.#next = source.written();
  }

  #arm(delayMs: number): void {
    const { clock } = this.#options;
    clock.clear(this.#timer);
    if (!this.#isStopped) this.#timer = clock.setTimeout(() => this.#run(), delayMs);
  }

  #run(): void {
    if (this.#sending !== undefined) return;
    this.#options.clock.clear(this.#timer);
    this.#options.beforeRun?.();
    this.#sending = this.#sendAll().finally(() => {
      this.#sending = undefined;
      this.#arm(this.#failingSinceMs === undefined ? this.#options.intervalMs : this.#backoffMs);
    });
  }

  async #sendAll(): Promise<void> {
    while (this.#options.source.written() > this.#next) {
      await this.#sendBatch();
      if (this.#failingSinceMs !== undefined || this.#isStopped) return;
      await nextTurn();
    }
  }

  async #sendBatch(): Promise<void> {
    const { source, batchSize } = this.#options;
    // Known once it has been read.
    let count = 0;
    let next = this.#next;
    try {
      const taken = source.read(this.#next, batchSize);
      ({ count, next } = taken);
      this.#dropped += taken.missed;
      this.#next = next - count;
      if (count === 0) return;
      const { rejected, reason } = await this.#sendInTime(taken.batch);
      this.#next = next;
      this.#sent += count - rejected;
      this.#dropped += rejected;
      this.#succeeded(rejected, reason);
    } catch (error) {
      this.#failed(error, count, next);
    }
  }

  async #sendInTime(batch: B): Promise<ExportOutcome> {
    const { clock, send, timeoutMs } = this.#options;
    const controller = new AbortController();
    this.#inFlight = controller;
    const timer = clock.setTimeout(() => controller.abort(), timeoutMs);
    try {
      return await send(batch, controller.signal);
    } finally {
      clock.clear(timer);
      this.#inFlight = undefined;
    }
  }

  #succeeded(rejected: number, reason: string | undefined): void {
    const { logger, what, destination, onHealth, clock } = this.#options;
    if (rejected > 0) logger.warn(`The collector refused some ${what}`, { destination, rejected, ...(reason === undefined ? {} : { reason }) });
    if (this.#failingSinceMs !== undefined) logger.info(`The collector takes ${what} again`, { destination, afterMs: Math.round(clock.monotonicMs() - this.#failingSinceMs), dropped: this.#dropped });
    this.#failingSinceMs = undefined;
    this.#backoffMs = firstBackoffMs;
    onHealth(undefined);
  }

  #failed(error: unknown, count: number, next: number): void {
    const { logger, what, destination, onHealth, clock } = this.#options;
    const nowMs = clock.monotonicMs();
    const details = isMotiaError(error) ? ((error.details ?? {}) as { readonly isRetryable?: boolean; readonly retryAfterMs?: number }) : {};
    const reason = messageOf(error);
    this.#failures += 1;
    const isFirst = this.#failingSinceMs === undefined;
    this.#failingSinceMs ??= nowMs;
    if (details.isRetryable !== true || nowMs - this.#failingSinceMs > giveUpMs) {
      this.#next = next;
      this.#dropped += count;
    }
    const ownBackoffMs = isFirst ? firstBackoffMs : Math.min(this.#backoffMs * 2, longestBackoffMs);
    // `Retry-After: 0` of a receiver that goes on refusing would make it a loop.
    this.#backoffMs = details.retryAfterMs === undefined ? ownBackoffMs : Math.max(details.retryAfterMs, firstBackoffMs);
    // Said once: while it goes on failing, health and counters tell.
    if (isFirst) logger.warn(`The collector does not take ${what}; requests are not affected`, { destination, reason });
    onHealth(`${reason} (${String(this.#dropped)} ${what} dropped so far)`);
  }
}
