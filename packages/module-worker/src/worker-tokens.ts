import { createHash, timingSafeEqual } from 'node:crypto';
import type { Clock } from '@motia/engine-core/contract';

interface KnownToken {
  readonly digest: Buffer;
  /** Grows with every rotation. */
  readonly version: number;
  /** On the monotonic scale: taken until then. */
  readonly untilMs: number;
}

/** The tokens that workers may show: the newest, and older ones for as long as their rotation gave them. */
export class WorkerTokens {
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  /** Newest first. Empty: none is asked for. */
  #known: readonly KnownToken[] = [];

  constructor(token: string | undefined, clock: Pick<Clock, 'monotonicMs'>) {
    this.#clock = clock;
    if (token !== undefined) this.#known = [{ digest: digest(token), version: 1, untilMs: Infinity }];
  }

  get isRequired(): boolean {
    return this.#known.length > 0;
  }

  /** Which token it is, undefined for a wrong one, in a time that tells nothing about either. Without a token every one is right. */
  versionOf(given: unknown): number | undefined {
    if (!this.isRequired) return 0;
    if (typeof given !== 'string') return undefined;
    const shown = digest(given);
    let version: number | undefined;
    for (const known of this.#known) if (timingSafeEqual(shown, known.digest) && this.isTaken(known.version)) version ??= known.version;
    return version;
  }

  isTaken(version: number): boolean {
    if (!this.isRequired) return true;
    const nowMs = this.#clock.monotonicMs();
    return this.#known.some((known) => known.version === version && nowMs < known.untilMs);
  }

  /** The token counts from now on; those before it for `graceMs` more, or for what they have left. */
  rotate(token: string, graceMs: number): void {
    const nowMs = this.#clock.monotonicMs();
    const former = this.#known.map((known) => ({ ...known, untilMs: Math.min(known.untilMs, nowMs + graceMs) })).filter(({ untilMs }) => untilMs > nowMs);
    this.#known = [{ digest: digest(token), version: (this.#known[0]?.version ?? 0) + 1, untilMs: Infinity }, ...former];
  }
}

/** Same length for every input, as `timingSafeEqual` needs it. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
