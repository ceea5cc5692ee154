import { randomUUID } from 'node:crypto';
import type { Clock, Logger, Registration } from '@motia/engine-core/contract';
import { restErrors } from '../errors.js';
import type { HandlerResponse } from '../handler-response.js';
import type { RequestMark } from './idempotency-key.js';
import type { ClaimRequest, KeptResponse, ReplayStore } from './replay-store.js';
import { secretName } from './secret.js';

/** Requests that may wait for the answer to one key; further ones are told at once that it is under way. */
const mostWaiting = 16;
/** Beyond the time of the route, so that its end is told before the key is free again. */
const leaseSlackMs = 5_000;

export interface ReplaysParts {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Called when the first route wants it. */
  readonly open: () => Promise<ReplayStore>;
  /** Responses beyond it are not kept; their key is. */
  readonly maxResponseBytes: number;
}

/** A request that may run under its key. Exactly one of the two ends it; neither rejects. */
export interface HeldClaim {
  /** The same for every request that is this one, and only for those who share the store to find. */
  readonly secretName: string;
  /** Resolves when the response is kept; undefined: there is none that could be given again. */
  complete(response: HandlerResponse | undefined): Promise<void>;
  /** The key is free again, as if nothing had happened. */
  release(): Promise<void>;
}

/** Keys of requests and what was answered to them: a request that comes again is answered as the first was, and not run (R4). */
export class Replays {
  readonly #parts: ReplaysParts;
  readonly #waiting = new Map<string, Set<() => void>>();
  /** What is being written. */
  readonly #writes = new Set<Promise<void>>();
  #store: Promise<ReplayStore> | undefined;
  #foreign: Registration | undefined;

  constructor(parts: ReplaysParts) {
    this.#parts = parts;
  }

  /**
   * Gives the claim, or the response to give again. While somebody else runs the request it waits for the answer until `deadlineAtMs`.
   * @throws `MOTIA_REST_IDEMPOTENCY_MISMATCH`, `…_IN_PROGRESS`, `…_NOT_REPLAYABLE`
   */
  async enter(mark: RequestMark, options: { readonly ttlMs: number; readonly runMs: number; readonly deadlineAtMs: number; readonly signal: AbortSignal }): Promise<HeldClaim | HandlerResponse> {
    const store = await this.#opened();
    const leaseMs = options.runMs + leaseSlackMs;
    const request: ClaimRequest = { ...mark, token: randomUUID(), leaseMs, ttlMs: Math.max(leaseMs, options.ttlMs) };
    for (;;) {
      // Asked for before the store is: an end in between must be heard.
      const waiter = this.#wait(mark.key);
      try {
        const outcome = await store.claim(request);
        if (outcome.kind === 'run') return this.#held(store, request);
        if (outcome.kind === 'replay') return replayed(outcome.response);
        if (outcome.kind === 'mismatch') throw restErrors.IDEMPOTENCY_MISMATCH({});
        if (outcome.kind === 'unkept') throw restErrors.IDEMPOTENCY_NOT_REPLAYABLE({ limitBytes: this.#parts.maxResponseBytes });
        const leftMs = Math.min(outcome.leftMs, options.deadlineAtMs - this.#parts.clock.monotonicMs());
        if (waiter === undefined || !(leftMs > 0) || options.signal.aborted) throw restErrors.IDEMPOTENCY_IN_PROGRESS({});
        await waiter.changed(leftMs, options.signal);
      } finally {
        waiter?.stop();
      }
    }
  }

  /** Opens the place where responses are kept; once. @throws what the store refuses; then it may be tried again */
  async open(): Promise<void> {
    await this.#opened();
  }

  /** Resolves when what was handed over is written, or has failed. */
  async settled(): Promise<void> {
    await Promise.all(this.#writes);
  }

  stop(): void {
    this.#foreign?.dispose();
    for (const waiters of this.#waiting.values()) for (const wake of waiters) wake();
  }

  #opened(): Promise<ReplayStore> {
    this.#store ??= this.#parts.open().then((store) => {
      this.#foreign = store.onForeignChange(() => {
        for (const key of this.#waiting.keys()) this.#wake(key);
      });
      return store;
    });
    this.#store.catch(() => (this.#store = undefined));
    return this.#store;
  }

  #held(store: ReplayStore, { key, token }: ClaimRequest): HeldClaim {
    let hasEnded = false;
    const end = (write: () => Promise<void>, what: string): Promise<void> => {
      if (hasEnded) return Promise.resolve();
      hasEnded = true;
      const written = write()
        .catch((error: unknown) => this.#parts.logger.error(`${what}; a repetition may run again once the time of the request is over`, { error }))
        .finally(() => {
          this.#writes.delete(written);
          this.#wake(key);
        });
      this.#writes.add(written);
      return written;
    };
    return {
      secretName: secretName(store.secret, key),
      complete: (response) => end(() => store.complete({ key, token }, kept(response, this.#parts.maxResponseBytes)), 'The response to a request with an idempotency key could not be kept'),
      release: () => end(() => store.release({ key, token }), 'An idempotency key could not be freed'),
    };
  }

  /** Undefined when too many wait already. */
  #wait(key: string): { changed(timeoutMs: number, signal: AbortSignal): Promise<void>; stop(): void } | undefined {
    const waiters = this.#waiting.get(key) ?? new Set();
    if (waiters.size >= mostWaiting) return undefined;
    let hasChanged = false;
    let resume: (() => void) | undefined;
    const wake = (): void => {
      hasChanged = true;
      resume?.();
    };
    waiters.add(wake);
    this.#waiting.set(key, waiters);
    const { clock } = this.#parts;
    return {
      changed: (timeoutMs, signal) =>
        new Promise((resolve) => {
          if (hasChanged || signal.aborted) return resolve();
          const timer = clock.setTimeout(() => resume?.(), Math.ceil(timeoutMs));
          resume = () => {
            clock.clear(timer);
            signal.removeEventListener('abort', wake);
            resolve();
          };
          signal.addEventListener('abort', wake);
        }),
      stop: () => {
        waiters.delete(wake);
        if (waiters.size === 0 && this.#waiting.get(key) === waiters) this.#waiting.delete(key);
      },
    };
  }

  #wake(key: string): void {
    for (const wake of [...(this.#waiting.get(key) ?? [])]) wake();
  }
}

function kept(response: HandlerResponse | undefined, limitBytes: number): KeptResponse | undefined {
  if (response === undefined) return undefined;
  const { status, headers, contentType, body } = response;
  const bytes = typeof body === 'string' ? Buffer.from(body, 'utf8') : body;
  return (bytes?.byteLength ?? 0) > limitBytes ? undefined : { status, headers: headers.map(String), contentType, body: bytes };
}

/** As an answer, which says of itself that it was given before. */
function replayed({ status, headers, contentType, body }: KeptResponse): HandlerResponse {
  return { status, headers: [...headers, 'idempotent-replayed', 'true'], contentType, body, form: body === undefined ? 'none' : 'bytes' };
}
