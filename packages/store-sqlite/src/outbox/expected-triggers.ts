import type { Clock, HealthView, Logger, Timer } from '@motia/engine-core/contract';
import type { DueTrigger } from './add-due-calls.js';
import type { DueCalls, DueSubscription } from './due-calls.js';
import { fits } from './subscriptions.js';

/** How long an app has to register its triggers again once the engine is ready: processes that connect from elsewhere try every half a minute. */
const returnMs = 60_000;
const lookEveryMs = 1_000;
const none: readonly DueTrigger[] = [];

export interface ExpectedTriggersParts {
  /** The trigger type, as logs name it. */
  readonly kind: string;
  readonly calls: Pick<DueCalls, 'inherit'>;
  readonly health: HealthView;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly isBound: (triggerId: string) => boolean;
  /** Others came, or went. */
  readonly onChanged: () => void;
}

/**
 * Triggers that were bound when an engine ended, be it an earlier run of this one or another one on the store. Their app is expected back,
 * so changes are owed to them: until they are bound again, or until a minute after the engine is ready.
 */
export class ExpectedTriggers {
  readonly #parts: ExpectedTriggersParts;
  readonly #byId = new Map<string, DueSubscription>();
  #timer: Timer | undefined;
  /** On the monotonic scale; undefined before the engine is ready. */
  #untilMs: number | undefined;
  #isOpen = false;

  constructor(parts: ExpectedTriggersParts) {
    this.#parts = parts;
  }

  async start(): Promise<void> {
    this.#isOpen = true;
    await this.inherit();
  }

  /** They stay, and nobody forgets them any more. */
  stop(): void {
    this.#isOpen = false;
    this.#parts.clock.clear(this.#timer);
    this.#timer = undefined;
  }

  all(): readonly DueSubscription[] {
    return [...this.#byId.values()];
  }

  /** Those that a change of this address concerns. */
  concerning(address: Readonly<Record<string, string>>): readonly DueTrigger[] {
    if (this.#byId.size === 0) return none;
    return this.all().filter(({ filter }) => fits(filter, address)).map(({ id, functionId }) => ({ id, functionId }));
  }

  /** This engine ends, and with it the processes that have them. */
  add(subscription: DueSubscription): void {
    this.#byId.set(subscription.id, subscription);
  }

  /** It is bound. */
  meet(triggerId: string): void {
    if (this.#byId.delete(triggerId) && this.#byId.size === 0) this.#disarm();
  }

  /** What engines had that are gone. */
  async inherit(): Promise<void> {
    const { calls, isBound, onChanged, clock } = this.#parts;
    const found = (await calls.inherit()).filter(({ id }) => !isBound(id));
    if (found.length === 0 || !this.#isOpen) return;
    for (const subscription of found) this.#byId.set(subscription.id, subscription);
    this.#untilMs = undefined;
    this.#timer ??= clock.setInterval(() => this.#look(), lookEveryMs);
    onChanged();
  }

  #look(): void {
    const { clock, health, kind, logger, onChanged } = this.#parts;
    if (this.#untilMs === undefined && health.report().ready) this.#untilMs = clock.monotonicMs() + returnMs;
    if (this.#untilMs === undefined || clock.monotonicMs() < this.#untilMs) return;
    logger.warn('Triggers that were registered before the engine started have not been registered again, and count no longer', { type: kind, functionIds: this.all().map(({ functionId }) => functionId) });
    this.#byId.clear();
    this.#disarm();
    onChanged();
  }

  #disarm(): void {
    this.#parts.clock.clear(this.#timer);
    this.#timer = undefined;
    this.#untilMs = undefined;
  }
}
