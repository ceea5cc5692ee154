import { storeErrors } from '../errors.js';
import type { UnitCommand, UnitOutcome } from '../writer/unit.js';
import { messageOf } from '../sql/sqlite-errors.js';

/** A command whose caller waits. */
export interface PendingCommand {
  readonly command: UnitCommand;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** Anything thrown. */
export interface Failure {
  readonly error: unknown;
}

/** What the store hands to the writer at the end of a turn. */
export interface PendingUnit {
  readonly commands: readonly PendingCommand[];
  /** Why it is not to be run after all; looked at when it is handed over. */
  readonly failure?: Failure | undefined;
  /** After the promises of its commands were settled. */
  settled(failure: Failure | undefined): void;
}

/** Tells everyone who waits for a command of the unit: the one that failed learns why, the others that they were undone with it. */
export function settleCommands(commands: readonly PendingCommand[], outcome: UnitOutcome): void {
  if ('values' in outcome) return commands.forEach(({ resolve }, index) => resolve(outcome.values[index]));
  const { error, failedAt } = outcome;
  // The error itself first: who waits for all of them gets to see the cause.
  if (failedAt !== undefined) commands[failedAt]?.reject(error);
  commands.forEach(({ reject }, index) => {
    if (index !== failedAt) reject(failedAt === undefined ? error : storeErrors.TX_ABORTED({ reason: error.message }, error));
  });
}

/** Something went wrong before anything of it reached the writer. */
export function abandonCommands(commands: readonly PendingCommand[], { error }: Failure): void {
  const aborted = storeErrors.TX_ABORTED({ reason: messageOf(error) }, error);
  for (const { reject } of commands) reject(aborted);
}
