import type { Unit } from '../writer/unit.js';
import { abandonCommands, settleCommands, type PendingUnit } from './pending.js';

/** Gathers what comes in during one turn of the event loop, so that it reaches the writer, and the disk, together. */
export class TurnQueue {
  readonly #write: (units: readonly Unit[]) => void;
  #units: PendingUnit[] = [];
  #isScheduled = false;

  constructor(write: (units: readonly Unit[]) => void) {
    this.#write = write;
  }

  add(unit: PendingUnit): void {
    this.#units.push(unit);
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => this.flush());
  }

  /** Hands over at once what waits. */
  flush(): void {
    const units = this.#units;
    this.#units = [];
    this.#isScheduled = false;
    const runnable: Unit[] = [];
    for (const unit of units) {
      const { commands, failure } = unit;
      if (failure === undefined && commands.length > 0) {
        runnable.push(toUnit(unit));
        continue;
      }
      if (failure !== undefined) abandonCommands(commands, failure);
      unit.settled(failure);
    }
    if (runnable.length > 0) this.#write(runnable);
  }
}

function toUnit(unit: PendingUnit): Unit {
  const { commands } = unit;
  return {
    commands: commands.map(({ command }) => command),
    settle(outcome) {
      settleCommands(commands, outcome);
      unit.settled('error' in outcome ? { error: outcome.error } : undefined);
    },
  };
}
