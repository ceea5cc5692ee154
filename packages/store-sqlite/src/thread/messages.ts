import type { StoreDurability, StoreProgram } from '@motia/engine-core/contract';
import type { ConnectionLimits } from '../sql/connection.js';
import type { CommitReport } from '../writer/store-writer.js';
import type { PackedCommands } from './packed-commands.js';
import type { PackedOutcomes } from './packed-outcomes.js';
import type { SentError } from './sent-error.js';

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
  | { readonly type: 'write'; readonly commands: PackedCommands; readonly goesOn: boolean }
  | { readonly type: 'sync' | 'look' | 'close' };

export type FromThread =
  | { readonly type: 'ready' | 'foreignCommit' | 'closed' }
  | { readonly type: 'opened'; readonly id: number; readonly problem?: OpenProblem }
  /** Of the units that have waited longest. */
  | { readonly type: 'done'; readonly outcomes: PackedOutcomes; readonly report: Omit<CommitReport, 'failure'>; readonly failure?: SentError };

/** How the thread finds a program, and what it must find. */
export interface ProgramSource extends Pick<StoreProgram, 'name' | 'source'> {
  readonly commands: readonly string[];
  readonly migrations: number;
}

/** Either it cannot be had in a thread at all, which is no fault, or it was there and did not open. */
export type OpenProblem = { readonly notImportable: string } | { readonly error: SentError };
