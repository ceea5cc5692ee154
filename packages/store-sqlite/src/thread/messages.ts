import { isMotiaError, MotiaError, type StoreDurability, type StoreProgram, type WireError } from '@motia/engine-core/contract';
import type { ConnectionLimits } from '../sql/connection.js';
import type { CommitReport } from '../writer/store-writer.js';
import type { UnitCommand, UnitOutcome } from '../writer/unit.js';

/** What the thread of the writer is started with. */
export interface ThreadData {
  readonly file: string;
  readonly durability: StoreDurability;
  readonly engineId: string;
  readonly fencingToken: number;
  readonly isShared: boolean;
  readonly limits: ConnectionLimits;
}

export type ToThread =
  | { readonly type: 'open'; readonly id: number; readonly program: ProgramSource }
  | { readonly type: 'write'; readonly units: readonly (readonly UnitCommand[])[] }
  | { readonly type: 'sync' | 'look' | 'close' };

export type FromThread =
  | { readonly type: 'ready' | 'foreignCommit' | 'closed' }
  | { readonly type: 'opened'; readonly id: number; readonly problem?: OpenProblem }
  | ({ readonly type: 'done'; readonly outcomes: readonly SentOutcome[]; readonly failure?: SentError } & Omit<CommitReport, 'failure'>);

/** How the thread finds a program, and what it must find. */
export interface ProgramSource extends Pick<StoreProgram, 'name' | 'source'> {
  readonly commands: readonly string[];
  readonly migrations: number;
}

/** Either it cannot be had in a thread at all, which is no fault, or it was there and did not open. */
export type OpenProblem = { readonly notImportable: string } | { readonly error: SentError };

export type SentOutcome = { readonly values: readonly unknown[] } | { readonly error: SentError; readonly failedAt?: number };

export interface SentError extends WireError {
  readonly cause?: { readonly name: string; readonly message: string; readonly stack?: string };
}

/** An error as it travels: a structured clone would take the code from it. */
export function sendError(error: unknown): SentError {
  if (!isMotiaError(error)) return { code: 'MOTIA_STORE_IO_FAILED', message: String(error) };
  const { stack } = error;
  const cause = error.cause as Partial<Error> | null | undefined;
  return {
    ...error.toWire(),
    ...(stack === undefined ? {} : { stack }),
    ...(typeof cause?.message === 'string' ? { cause: { name: cause.name ?? 'Error', message: cause.message, ...(cause.stack === undefined ? {} : { stack: cause.stack }) } } : {}),
  };
}

export function receiveError({ cause, ...wire }: SentError): MotiaError {
  return new MotiaError({ ...wire, ...(cause === undefined ? {} : { cause: Object.assign(new Error(cause.message), cause) }) });
}

export function sendOutcome(outcome: UnitOutcome): SentOutcome {
  return 'values' in outcome ? outcome : { ...outcome, error: sendError(outcome.error) };
}

export function receiveOutcome(outcome: SentOutcome): UnitOutcome {
  return 'values' in outcome ? outcome : { ...outcome, error: receiveError(outcome.error) };
}
