import type { StoreService, StoreTransaction } from '@motia/engine-core/contract';
import { storeErrors } from '../errors.js';
import type { UnitOutcome } from '../writer/unit.js';
import { abandonCommands, settleCommands, type Failure, type PendingCommand, type PendingUnit } from './pending.js';

/** A transaction while its commands are collected. */
export class CollectedTransaction implements StoreTransaction, PendingUnit {
  readonly store: StoreService;
  readonly commands: PendingCommand[] = [];
  /** Settles when it is committed or undone. */
  readonly done: Promise<void>;
  #failure: Failure | undefined;
  #isOpen = true;
  #settle!: (failure: Failure | undefined) => void;

  constructor(store: StoreService) {
    this.store = store;
    this.done = new Promise((resolve, reject) => {
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- what others threw is handed on as it is
      this.#settle = (failure) => (failure === undefined ? resolve() : reject(failure.error));
    });
  }

  get failure(): Failure | undefined {
    return this.#failure;
  }

  /** @throws `MOTIA_STORE_TX_CLOSED` */
  add(pending: PendingCommand): void {
    if (!this.#isOpen) throw storeErrors.TX_CLOSED({ program: pending.program, command: pending.command });
    this.commands.push(pending);
  }

  /** Nothing of it will be done, unless it is with the writer already. The first reason counts. */
  fail(error: unknown): void {
    this.#failure ??= { error };
  }

  /** Calls the function that hands the commands over; none is taken after it has returned. A throw undoes them all. */
  collect<T>(from: (tx: StoreTransaction) => T): T | undefined {
    try {
      return from(this);
    } catch (error) {
      this.fail(error);
      return undefined;
    } finally {
      this.#isOpen = false;
    }
  }

  settle(outcome: UnitOutcome): void {
    settleCommands(this.commands, outcome);
    this.#settle('error' in outcome ? { error: outcome.error } : undefined);
  }

  abandon(failure: Failure | undefined): void {
    if (failure !== undefined) abandonCommands(this.commands, failure);
    this.#settle(failure);
  }
}
