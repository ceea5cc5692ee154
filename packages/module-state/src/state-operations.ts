import { inTrace } from '@motia/engine-core';
import type { ChangeOrigin, Clock, Logger, StoreTransaction } from '@motia/engine-core/contract';
import { stateErrors } from './errors.js';
import type { StateOptions } from './options.js';
import { checkOps, checkValue, type Place } from './requests.js';
import type { HistoryLimits, StateChangeRequest, StateStore, StateWrite, StateWritten, StoredEntry } from './state-store.js';
import type { StateTriggers } from './state-triggers.js';

/** How deep triggers may lead to one another. */
export const maxTriggerDepth = 16;
/** Between two warnings about integers that may have been rounded. */
const warnEveryMs = 60_000;

export interface StateOperationsParts {
  readonly store: StateStore;
  readonly triggers: StateTriggers;
  readonly options: StateOptions;
  readonly clock: Clock;
  readonly logger: Logger;
  /** A key was given an end. */
  readonly onExpiry: (expiresAtMs: number) => void;
}

export interface WriteOptions {
  readonly trace?: ChangeOrigin['trace'] | undefined;
  readonly functionId?: string | undefined;
  readonly triggerDepth?: number | undefined;
  readonly tx?: StoreTransaction | undefined;
  readonly ifVersion?: number | undefined;
  readonly ttlMs?: number | null | undefined;
}

/** What can be done with keys. Scopes, keys and options are checked already; values and operations are checked here. */
export class StateOperations {
  readonly #parts: StateOperationsParts;
  readonly #history: HistoryLimits;
  #warnedAtMs = Number.NEGATIVE_INFINITY;

  constructor(parts: StateOperationsParts) {
    this.#parts = parts;
    const { max_entries_per_key: maxEntriesPerKey, max_bytes_per_key: maxBytesPerKey, max_bytes: maxBytes } = parts.options.history;
    this.#history = { maxEntriesPerKey, maxBytesPerKey, maxBytes };
  }

  get store(): StateStore {
    return this.#parts.store;
  }

  get historyLimits(): HistoryLimits {
    return this.#history;
  }

  /** At once where the store has it at hand. */
  get({ scope, key }: Place): StoredEntry | Promise<StoredEntry | undefined> {
    const { store } = this.#parts;
    return store.recall?.(scope, key) ?? store.get(scope, key);
  }

  /** Hands the change over before it returns. Throws what is wrong with it. */
  set(place: Place, value: unknown, options: WriteOptions = {}): Promise<StateWritten> {
    const { json, unsafeIntegerAt } = checkValue(place, value, this.#parts.options.max_value_bytes);
    this.#judgeInteger(place, unsafeIntegerAt, options);
    return this.#write(place, { kind: 'set', json }, options);
  }

  /** Hands the change over before it returns. Throws what is wrong with it. */
  update(place: Place, input: unknown, options: WriteOptions = {}): Promise<StateWritten> {
    const { ops, unsafeIntegerAt } = checkOps(place, input);
    this.#judgeInteger(place, unsafeIntegerAt, options);
    return this.#write(place, { kind: 'update', ops }, options);
  }

  /** Hands the change over before it returns. Throws what is wrong with it. */
  delete(place: Place, options: Omit<WriteOptions, 'ttlMs'> = {}): Promise<StateWritten> {
    return this.#write(place, { kind: 'delete' }, options);
  }

  #write({ scope, key }: Place, change: StateChangeRequest, options: WriteOptions): Promise<StateWritten> {
    const { store, onExpiry, options: { max_value_bytes: maxValueBytes } } = this.#parts;
    const { trace, functionId, triggerDepth = 0, tx, ifVersion, ttlMs } = options;
    if (triggerDepth > maxTriggerDepth) throw stateErrors.TRIGGER_LOOP({ scope, key, depth: triggerDepth, limit: maxTriggerDepth });
    const origin: Writable<StateWrite['origin']> = {};
    if (trace !== undefined) origin.traceId = trace.traceparent.slice(3, 35);
    if (functionId !== undefined) origin.functionId = functionId;
    const triggers = this.#parts.triggers.matching(scope, key);
    const due: Writable<StateWrite['due']> = { triggers, triggerDepth };
    if (trace !== undefined) due.trace = trace;
    const write: Writable<StateWrite> = { scope, key, change, maxValueBytes, origin, history: this.#history, due };
    if (ifVersion !== undefined) write.ifVersion = ifVersion;
    if (ttlMs !== undefined) write.ttlMs = ttlMs;
    const written = triggers.length === 0
      ? store.write(write, tx)
      : this.#parts.triggers.during(triggers, (claim) => {
        if (claim !== undefined) due.claim = claim;
        return store.write(write, tx);
      });
    // Without an end to come there is nothing to wait for: an `update` may leave one, all others say so.
    if (change.kind !== 'update' && typeof ttlMs !== 'number') return written;
    return written.then((made) => {
      if (made.after?.expiresAtMs !== undefined) onExpiry(made.after.expiresAtMs);
      return made;
    });
  }

  /** @throws `MOTIA_STATE_UNSAFE_INTEGER` when the options say so; else warns, now and then */
  #judgeInteger(place: Place, pointer: string | undefined, { trace }: WriteOptions): void {
    if (pointer === undefined) return;
    const { options, clock, logger } = this.#parts;
    if (options.strict_integers) throw stateErrors.UNSAFE_INTEGER({ ...place, pointer });
    const nowMs = clock.monotonicMs();
    if (nowMs - this.#warnedAtMs < warnEveryMs) return;
    this.#warnedAtMs = nowMs;
    inTrace(logger, trace).warn('A stored value holds an integer beyond 2^53, which may have been rounded on its way; `strict_integers: true` refuses such values', { ...place, pointer });
  }
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };
