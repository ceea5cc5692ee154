import { createHash } from 'node:crypto';
import type { Clock } from '@motia/engine-core/contract';
import { consoleErrors } from '../errors.js';

const mostKept = 1_000;
const keptMs = 600_000;

interface Kept {
  readonly fingerprint: string;
  readonly answer: Promise<unknown>;
  readonly untilMs: number;
}

/**
 * Answers of changes by their `Idempotency-Key`, so that a page that asks again after a lost answer does not change things twice. Kept
 * for ten minutes, the newest thousand. A change that failed was none: it may be tried again under its key.
 */
export class RepeatedChanges {
  readonly #clock: Clock;
  readonly #kept = new Map<string, Kept>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @throws `MOTIA_CONSOLE_KEY_REUSED` for the key of another change, and what `change` throws */
  once(key: string, { path, body }: { readonly path: string; readonly body: unknown }, change: () => Promise<unknown>): Promise<unknown> {
    const nowMs = this.#clock.monotonicMs();
    for (const [old, { untilMs }] of this.#kept) {
      if (untilMs > nowMs && this.#kept.size <= mostKept) break;
      this.#kept.delete(old);
    }
    const fingerprint = createHash('sha256').update(JSON.stringify([path, body ?? null])).digest('base64');
    const known = this.#kept.get(key);
    if (known !== undefined && known.fingerprint !== fingerprint) return Promise.reject(consoleErrors.KEY_REUSED({}));
    if (known !== undefined) return known.answer;
    const answer = change();
    const kept = { fingerprint, answer, untilMs: nowMs + keptMs };
    this.#kept.set(key, kept);
    answer.catch(() => {
      if (this.#kept.get(key) === kept) this.#kept.delete(key);
    });
    return answer;
  }
}
