import type { Runnable, UnitOutcome } from '../writer/unit.js';
import { fromColumn, toColumn, type Column } from './columns.js';
import { CommandKinds } from './command-kinds.js';
import { receiveError, sendError, type SentError } from './sent-error.js';

/** What became of many units as one message, in columns. Whoever gets it knows the units. */
export interface PackedOutcomes {
  readonly units: number;
  /** By kind of command, in the order in which the kinds are met: the answers of units that succeeded. */
  readonly answers: readonly Column[];
  readonly failed: readonly FailedUnit[];
}

interface FailedUnit {
  /** Its place among the units. */
  readonly at: number;
  readonly error: SentError;
  readonly failedAt?: number;
}

export function packOutcomes(units: readonly Runnable[], outcomes: readonly UnitOutcome[]): PackedOutcomes {
  const kinds = new CommandKinds();
  const answers: unknown[][] = [];
  const failed: FailedUnit[] = [];
  for (const [at, outcome] of outcomes.entries()) {
    if ('error' in outcome) {
      failed.push({ at, ...outcome, error: sendError(outcome.error) });
      continue;
    }
    const { commands } = units[at] as Runnable;
    for (const [place, command] of commands.entries()) (answers[kinds.numberOf(command)] ??= []).push(outcome.values[place]);
  }
  return { units: outcomes.length, answers: answers.map(toColumn), failed };
}

/** One for each of the units. */
export function unpackOutcomes(units: readonly Runnable[], { answers, failed }: PackedOutcomes): readonly UnitOutcome[] {
  const failures = new Map(failed.map((failure) => [failure.at, failure]));
  const kinds = new CommandKinds();
  const order: number[] = [];
  const counts: number[] = [];
  for (const [at, { commands }] of units.entries()) {
    if (failures.has(at)) continue;
    for (const command of commands) {
      const kind = kinds.numberOf(command);
      order.push(kind);
      counts[kind] = (counts[kind] ?? 0) + 1;
    }
  }
  const columns = answers.map((column, kind) => ({ values: fromColumn(column, counts[kind] ?? 0), taken: 0 }));
  let commandAt = 0;
  const next = (): unknown => {
    const column = columns[order[commandAt] as number] as (typeof columns)[number];
    commandAt += 1;
    column.taken += 1;
    return column.values[column.taken - 1];
  };
  return units.map(({ commands }, at) => {
    const failure = failures.get(at);
    if (failure === undefined) return { values: commands.map(next) };
    const { error, failedAt } = failure;
    return { error: receiveError(error), ...(failedAt === undefined ? {} : { failedAt }) };
  });
}
