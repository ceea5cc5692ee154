import type { Clock, Logger, Registration, Timer, Trigger, TriggerChange, WorkerRegistry } from '@motia/engine-core/contract';

/** How long an app that is back has to register what it had before. */
const returnMs = 5_000;

export interface GuardTriggersParts {
  readonly type: string;
  readonly workers: Pick<WorkerRegistry, 'list' | 'onChanged'>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** After the set of triggers changed. */
  readonly onChanged?: () => void;
}

/**
 * Triggers that guard something. When the last process of an app is lost its triggers go with it, and what they guarded
 * would stand open: these stay in force until the app is back, and calling them fails meanwhile. An app that is there
 * and takes a trigger back means it.
 */
export class GuardTriggers<C> {
  readonly #parts: GuardTriggersParts;
  readonly #bound = new Map<string, Trigger<C>>();
  readonly #ofWorkers = new Set<string>();
  readonly #lost = new Map<string, Trigger<C>>();
  #isEnding = false;
  #watching: Registration | undefined;
  #timer: Timer | undefined;

  constructor(parts: GuardTriggersParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#isEnding = false;
    this.#watching = this.#parts.workers.onChanged(() => this.#look());
  }

  /** The engine stops: that processes go is no news. */
  expectEnd(): void {
    this.#isEnding = true;
  }

  stop(): void {
    this.#watching?.dispose();
    this.#parts.clock.clear(this.#timer);
    this.#timer = undefined;
    this.#bound.clear();
    this.#lost.clear();
  }

  get isEmpty(): boolean {
    return this.#bound.size === 0 && this.#lost.size === 0;
  }

  /** Those in force. */
  all(): readonly Trigger<C>[] {
    return [...this.#bound.values(), ...this.#lost.values()];
  }

  apply({ added, removed }: TriggerChange<C>): void {
    const { workers, logger, type } = this.#parts;
    const labels = new Set(workers.list().map(({ label }) => label));
    for (const trigger of removed) {
      this.#bound.delete(trigger.id);
      if (!this.#ofWorkers.delete(trigger.id) || this.#isSomeoneReady()) continue;
      this.#lost.set(trigger.id, trigger);
      if (!this.#isEnding) logger.warn('The process that registered a trigger is gone; the trigger stays in force until it is back', { type, functionId: trigger.functionId });
    }
    for (const trigger of added) {
      this.#bound.set(trigger.id, trigger);
      if (trigger.owners.some((owner) => labels.has(owner))) this.#ofWorkers.add(trigger.id);
      for (const [id, lost] of this.#lost) if (lost.functionId === trigger.functionId) this.#lost.delete(id);
    }
    this.#parts.onChanged?.();
  }

  #isSomeoneReady(): boolean {
    return this.#parts.workers.list().some(({ state }) => state === 'ready');
  }

  #look(): void {
    if (this.#lost.size === 0 || this.#timer !== undefined || !this.#isSomeoneReady()) return;
    const { clock, logger, type } = this.#parts;
    this.#timer = clock.setTimeout(() => {
      this.#timer = undefined;
      if (this.#lost.size === 0 || !this.#isSomeoneReady()) return;
      logger.info('The app is back without triggers that it had', { type, functionIds: [...this.#lost.values()].map(({ functionId }) => functionId) });
      this.#lost.clear();
      this.#parts.onChanged?.();
    }, returnMs);
  }
}
