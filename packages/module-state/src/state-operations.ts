import type { ChangeOrigin, Clock, Logger, StoreTransaction } from '@motia/engine-core/contract';
import { stateErrors } from './errors.js';
import type { StateOptions } from './options.js';
import { checkOps, checkValue, type Place } from './requests.js';
import type { HistoryLimits, StateChangeRequest, StateStore, StateWritten, StoredEntry } from './state-store.js';
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

export interface WriteOptions extends ChangeOrigin {
  readonly tx?: StoreTransaction;
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

  get({ scope, key }: Place): Promise<StoredEntry | undefined> {
    return this.#parts.store.get(scope, key);
  }

  /** Hands the change over before it returns. */
  async set(place: Place, value: unknown, options: WriteOptions = {}): Promise<StateWritten> {
    const { json, unsafeIntegerAt } = checkValue(place, value, this.#parts.options.max_value_bytes);
    this.#judgeInteger(place, unsafeIntegerAt);
    return this.#write(place, { kind: 'set', json }, options);
  }

  /** Hands the change over before it returns. */
  async update(place: Place, input: unknown, options: WriteOptions = {}): Promise<StateWritten> {
    const { ops, unsafeIntegerAt } = checkOps(place, input);
    this.#judgeInteger(place, unsafeIntegerAt);
    return this.#write(place, { kind: 'update', ops }, options);
  }

  /** Hands the change over before it returns. */
  async delete(place: Place, options: Omit<WriteOptions, 'ttlMs'> = {}): Promise<StateWritten> {
    return this.#write(place, { kind: 'delete' }, options);
  }

  async #write(place: Place, change: StateChangeRequest, options: WriteOptions): Promise<StateWritten> {
    const { store, triggers, onExpiry, options: { max_value_bytes: maxValueBytes } } = this.#parts;
    const { trace, functionId, triggerDepth = 0, tx, ifVersion, ttlMs } = options;
    if (triggerDepth > maxTriggerDepth) throw stateErrors.TRIGGER_LOOP({ ...place, depth: triggerDepth, limit: maxTriggerDepth });
    const traceId = trace?.traceparent.split('-')[1];
    const origin = { ...(traceId === undefined ? {} : { traceId }), ...(functionId === undefined ? {} : { functionId }) };
    const written = await triggers.during(place, (due, claim) => store.write({
      ...place, change, maxValueBytes, origin, history: this.#history,
      due: { triggers: due, triggerDepth, ...(trace === undefined ? {} : { trace }), ...(claim === undefined ? {} : { claim }) },
      ...(ifVersion === undefined ? {} : { ifVersion }),
      ...(ttlMs === undefined ? {} : { ttlMs }),
    }, tx));
    if (written.after?.expiresAtMs !== undefined) onExpiry(written.after.expiresAtMs);
    return written;
  }

  /** @throws `MOTIA_STATE_UNSAFE_INTEGER` when the options say so; else warns, now and then */
  #judgeInteger(place: Place, pointer: string | undefined): void {
    if (pointer === undefined) return;
    const { options, clock, logger } = this.#parts;
    if (options.strict_integers) throw stateErrors.UNSAFE_INTEGER({ ...place, pointer });
    const nowMs = clock.monotonicMs();
    if (nowMs - this.#warnedAtMs < warnEveryMs) return;
    this.#warnedAtMs = nowMs;
    logger.warn('A stored value holds an integer beyond 2^53, which may have been rounded on its way; `strict_integers: true` refuses such values', { ...place, pointer });
  }
}
