import type { Endpoint, MotiaError, PingResult } from '@motia/protocol';
import type { Clock, Timer } from '../contract/clock.js';
import { invocationErrors } from '../errors/invocation-errors.js';

/** Pings without any sign of life before a worker counts as hung. */
const missesAllowed = 3;

export interface HeartbeatParts {
  readonly clock: Clock;
  readonly endpoint: Pick<Endpoint, 'request' | 'counters'>;
  readonly label: string;
  readonly intervalMs: number;
  readonly onAnswer: (answer: PingResult) => void;
  readonly onHung: (error: MotiaError) => void;
}

/**
 * Asks a worker for a sign of life. Any frame counts as one, so a worker that answers calls but is slow to answer pings
 * is alive. Time in which this process itself was stopped or busy counts as one interval at most.
 */
export class Heartbeat {
  readonly #parts: HeartbeatParts;
  #timer: Timer | undefined;
  #framesSeen = 0;
  #misses = 0;
  #isWaiting = false;

  constructor(parts: HeartbeatParts) {
    this.#parts = parts;
  }

  start(): void {
    const { clock, endpoint, intervalMs } = this.#parts;
    if (intervalMs <= 0 || this.#timer !== undefined) return;
    this.#framesSeen = endpoint.counters.framesIn;
    this.#timer = clock.setInterval(() => this.#beat(), intervalMs);
  }

  stop(): void {
    this.#parts.clock.clear(this.#timer);
    this.#timer = undefined;
  }

  #beat(): void {
    const { endpoint, label, intervalMs, onHung } = this.#parts;
    const { framesIn } = endpoint.counters;
    const isAlive = framesIn !== this.#framesSeen;
    this.#framesSeen = framesIn;
    if (isAlive) this.#misses = 0;
    else if (this.#isWaiting) this.#misses += 1;
    if (this.#misses >= missesAllowed) {
      this.stop();
      onHung(invocationErrors.WORKER_HUNG({ worker: label, silentMs: missesAllowed * intervalMs }));
      return;
    }
    if (!this.#isWaiting) this.#ping();
  }

  #ping(): void {
    this.#isWaiting = true;
    const heard = (): void => {
      this.#isWaiting = false;
    };
    // An error answer is an answer; a closed connection ends the heartbeat elsewhere.
    this.#parts.endpoint.request('ping', {}).then((answer) => {
      heard();
      this.#misses = 0;
      this.#parts.onAnswer(answer);
    }, heard);
  }
}
