import type { Endpoint } from '@motia/protocol';

/** Intervals without any sign of life before the engine counts as gone. */
const missesAllowed = 3;
const defaultIntervalMs = 5_000;

export interface EngineHeartbeatParts {
  readonly endpoint: Pick<Endpoint, 'request' | 'counters'>;
  /** As the engine told it at `initialize`; 0: five seconds. */
  readonly intervalMs: number;
  readonly onSilent: (silentMs: number) => void;
}

/**
 * Notices that nobody is at the other end of an open connection: a cable was pulled, a machine or a firewall between
 * forgot it, the engine is frozen. Any frame counts as a sign of life. Time in which this process was busy or stopped
 * counts as one interval at most.
 */
export class EngineHeartbeat {
  readonly #parts: EngineHeartbeatParts;
  readonly #intervalMs: number;
  readonly #timer: ReturnType<typeof setInterval>;
  #framesSeen: number;
  #misses = 0;
  #isWaiting = false;

  constructor(parts: EngineHeartbeatParts) {
    this.#parts = parts;
    this.#intervalMs = parts.intervalMs > 0 ? parts.intervalMs : defaultIntervalMs;
    this.#framesSeen = parts.endpoint.counters.framesIn;
    this.#timer = setInterval(() => this.#beat(), this.#intervalMs);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #beat(): void {
    const { endpoint, onSilent } = this.#parts;
    const { framesIn } = endpoint.counters;
    if (framesIn !== this.#framesSeen) this.#misses = 0;
    else if (this.#isWaiting) this.#misses += 1;
    this.#framesSeen = framesIn;
    if (this.#misses >= missesAllowed) {
      this.stop();
      onSilent(missesAllowed * this.#intervalMs);
    } else if (!this.#isWaiting) this.#ping();
  }

  #ping(): void {
    this.#isWaiting = true;
    const heard = (): void => void (this.#isWaiting = false);
    this.#parts.endpoint.request('ping', {}).then(heard, heard);
  }
}
