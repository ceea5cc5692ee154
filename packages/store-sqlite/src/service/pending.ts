import { messageOf } from '@motia/engine-core/contract';
import { storeErrors } from '../errors.js';
import type { Unit, UnitCommand, UnitOutcome } from '../writer/unit.js';

/** Anything thrown. */
export interface Failure {
  readonly error: unknown;
}

/** What the store hands to the writer at the end of a turn. */
export interface PendingUnit extends Unit {
  /** Why it is not to be run after all; looked at when it is handed over. */
  readonly failure: Failure | undefined;
  /** Something went wrong before anything of it reached the writer. */
  abandon(failure: Failure | undefined): void;
}

/** Keeps the accounts of what waits. */
export interface PendingAccount {
  settled(command: PendingCommand): void;
  /** What a command failed with, before its caller learns it. */
  failed(error: unknown): void;
}

export interface PendingParts extends UnitCommand {
  /** About what the input takes. */
  readonly bytes: number;
  readonly account: PendingAccount;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** A command whose caller waits: by itself, or as a part of a transaction. There is one object for each change, so it is all of these in one. */
export class PendingCommand implements UnitCommand, PendingUnit {
  readonly program: string;
  readonly command: string;
  readonly input: unknown;
  readonly nowMs: number;
  readonly bytes: number;
  readonly failure = undefined;
  /** Of the unit that it is when it stands by itself. */
  readonly commands: readonly UnitCommand[] = [this];
  readonly #account: PendingAccount;
  readonly #resolve: (value: unknown) => void;
  readonly #reject: (error: unknown) => void;

  constructor({ program, command, input, nowMs, bytes, account, resolve, reject }: PendingParts) {
    this.program = program;
    this.command = command;
    this.input = input;
    this.nowMs = nowMs;
    this.bytes = bytes;
    this.#account = account;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  resolve(value: unknown): void {
    this.#account.settled(this);
    this.#resolve(value);
  }

  reject(error: unknown): void {
    this.#account.settled(this);
    this.#account.failed(error);
    this.#reject(error);
  }

  settle(outcome: UnitOutcome): void {
    if ('values' in outcome) this.resolve(outcome.values[0]);
    else this.reject(outcome.error);
  }

  abandon(): void {
    // A command by itself has nothing that could go wrong before.
  }
}

/** Tells everyone who waits for a command of a transaction: the one that failed learns why, the others that they were undone with it. */
export function settleCommands(commands: readonly PendingCommand[], outcome: UnitOutcome): void {
  if ('values' in outcome) return commands.forEach((command, index) => command.resolve(outcome.values[index]));
  const { error, failedAt } = outcome;
  // The error itself first: who waits for all of them gets to see the cause.
  if (failedAt !== undefined) commands[failedAt]?.reject(error);
  commands.forEach((command, index) => {
    if (index !== failedAt) command.reject(failedAt === undefined ? error : storeErrors.TX_ABORTED({ reason: error.message }, error));
  });
}

/** The transaction of these commands failed before it reached the writer. */
export function abandonCommands(commands: readonly PendingCommand[], { error }: Failure): void {
  const aborted = storeErrors.TX_ABORTED({ reason: messageOf(error) }, error);
  for (const command of commands) command.reject(aborted);
}
