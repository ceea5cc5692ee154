import type { IncomingMessage } from 'node:http';
import { restErrors } from '../errors.js';
import type { HandlerResponse } from '../handler-response.js';
import type { RequestBody } from '../http-payload.js';
import type { IdempotencyRule } from '../trigger-config.js';
import { idempotencyKeyOf, markOf, type RequestMark } from './idempotency-key.js';
import type { HeldClaim, Replays } from './replays.js';

/** One request under its idempotency key: it waits for another one with that key, is answered as that was, or runs itself. */
export class KeyedRun {
  readonly #replays: Replays;
  readonly #rule: IdempotencyRule;
  readonly #mark: RequestMark;
  readonly #left = new AbortController();
  #claim: HeldClaim | undefined;

  private constructor(replays: Replays, rule: IdempotencyRule, mark: RequestMark) {
    this.#replays = replays;
    this.#rule = rule;
    this.#mark = mark;
  }

  /** Undefined for a request without a key. @throws `MOTIA_REST_IDEMPOTENCY_KEY_MISSING`, `…_INVALID` */
  static of(request: IncomingMessage, body: RequestBody, rule: IdempotencyRule, replays: Replays): KeyedRun | undefined {
    const key = idempotencyKeyOf(request);
    if (key !== undefined) return new KeyedRun(replays, rule, markOf(request, key, body, rule.scopeHeaders));
    if (rule.isRequired) throw restErrors.IDEMPOTENCY_KEY_MISSING({});
    return undefined;
  }

  /** The same for every request that is this one: what the handler gets to know it by. */
  get key(): string {
    return this.#mark.key;
  }

  /** As `HeldClaim.secretName`, while its outcome is to be kept. */
  get secretName(): string | undefined {
    return this.#claim?.secretName;
  }

  /** True while the outcome of its run is to be kept. */
  get isHeld(): boolean {
    return this.#claim !== undefined;
  }

  /** Gives the response of the request that came before; undefined: run it. @throws as `Replays.enter` */
  async enter(times: { readonly runMs: number; readonly deadlineAtMs: number }): Promise<HandlerResponse | undefined> {
    const entered = await this.#replays.enter(this.#mark, { ...times, ttlMs: this.#rule.ttlMs, signal: this.#left.signal });
    if (!('release' in entered)) return entered;
    this.#claim = entered;
    return undefined;
  }

  /** The client has gone: it waits for nothing any more. What runs goes on, for the client will ask again. */
  clientLeft(): void {
    this.#left.abort();
  }

  /** Keeps the response; undefined: there is none that could be given again. Never rejects. */
  async complete(response: HandlerResponse | undefined): Promise<void> {
    await this.#claim?.complete(response);
    this.#claim = undefined;
  }

  /** As if it had never run. Never rejects. */
  async release(): Promise<void> {
    await this.#claim?.release();
    this.#claim = undefined;
  }
}
