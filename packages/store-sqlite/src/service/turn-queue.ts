import type { Unit } from '../writer/unit.js';
import type { PendingUnit } from './pending.js';

/** Commands after which a writer that works beside this thread is given them, although the turn goes on. */
const handedOverAt = 32;

export interface TurnQueueParts {
  /** Takes what was gathered. `goesOn`: the turn may bring more. */
  readonly write: (units: readonly Unit[], goesOn: boolean) => void;
  /** Whether the writer may begin while the turn goes on. */
  readonly isBeside: () => boolean;
}

/** Gathers what comes in during one turn of the event loop, so that it reaches the writer, and the disk, together. */
export class TurnQueue {
  readonly #parts: TurnQueueParts;
  #units: PendingUnit[] = [];
  #isScheduled = false;
  /** What is wrong with a transaction may show until the turn ends; what comes after it waits with it. */
  #mustWait = false;

  constructor(parts: TurnQueueParts) {
    this.#parts = parts;
  }

  /** A command by itself. */
  add(unit: PendingUnit): void {
    this.#units.push(unit);
    if (this.#units.length >= handedOverAt && !this.#mustWait && this.#parts.isBeside()) this.#handOver(true);
    this.#schedule();
  }

  /** A transaction: looked at when the turn ends. */
  addTransaction(unit: PendingUnit): void {
    this.#units.push(unit);
    this.#mustWait = true;
    this.#schedule();
  }

  /** Hands over at once what waits. */
  flush(): void {
    this.#isScheduled = false;
    this.#mustWait = false;
    this.#handOver(false);
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => this.flush());
  }

  #handOver(goesOn: boolean): void {
    const units = this.#units;
    this.#units = [];
    const runnable: Unit[] = [];
    for (const unit of units) {
      const { commands, failure } = unit;
      if (failure === undefined && commands.length > 0) runnable.push(unit);
      else unit.abandon(failure);
    }
    if (runnable.length > 0) this.#parts.write(runnable, goesOn);
  }
}
