/** Asks a silent client whether it is there. All times are on the monotonic scale. */
export interface HeartbeatOptions {
  /** Silence after which it is asked. */
  readonly intervalMs: number;
  /** Time to answer. */
  readonly timeoutMs: number;
}

/** What is to be done about a client now. */
export type HeartbeatVerdict = 'alive' | 'ask' | 'gone';

/** Looked at every second or so: a second early is better than a second late. */
const toleranceMs = 1_000;

export class Heartbeat {
  readonly #options: HeartbeatOptions;
  #heardAtMs: number;
  #askedAtMs: number | undefined;
  #bufferedBytes = 0;

  constructor(options: HeartbeatOptions, nowMs: number) {
    this.#options = options;
    this.#heardAtMs = nowMs;
  }

  /** It sent something. */
  heard(nowMs: number): void {
    this.#heardAtMs = nowMs;
    this.#askedAtMs = undefined;
  }

  /** @param bufferedBytes what still waits for it: the question waits behind that, and whoever takes it is there */
  check(nowMs: number, bufferedBytes: number): HeartbeatVerdict {
    const isTaking = bufferedBytes < this.#bufferedBytes;
    this.#bufferedBytes = bufferedBytes;
    if (this.#askedAtMs === undefined) {
      if (nowMs - this.#heardAtMs + toleranceMs < this.#options.intervalMs) return 'alive';
      this.#askedAtMs = nowMs;
      return 'ask';
    }
    if (isTaking) this.#askedAtMs = nowMs;
    return nowMs - this.#askedAtMs + toleranceMs < this.#options.timeoutMs ? 'alive' : 'gone';
  }
}
