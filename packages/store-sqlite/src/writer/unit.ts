import type { MotiaError } from '@motia/engine-core/contract';

/** One call of a command. Plain data: it may travel to another thread. */
export interface UnitCommand {
  readonly program: string;
  readonly command: string;
  readonly input: unknown;
  /** Epoch milliseconds when it was handed in. */
  readonly nowMs: number;
}

/** Commands that are committed together or not at all: a single one, or a transaction. */
export interface Runnable {
  readonly commands: readonly UnitCommand[];
}

/** What became of a unit: the answers of all its commands, or the first error and which command threw it; none of them when the commit failed. */
export type UnitOutcome = { readonly values: readonly unknown[] } | { readonly error: MotiaError; readonly failedAt?: number };

/** A unit that somebody waits for. */
export interface Unit extends Runnable {
  /** Called once, when it is committed or will never be. Never throws. */
  settle(outcome: UnitOutcome): void;
}
