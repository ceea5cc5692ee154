import type { MotiaError, StoreProgram } from '@motia/engine-core/contract';
import type { CorruptRow } from '../rows/quarantine-note.js';
import type { Unit } from './unit.js';

/** Whoever has the connection that writes. */
export interface StoreWriter {
  /** Whether it works beside this thread: it may begin while this one is still making changes. */
  readonly isBeside: boolean;
  /** Makes a program's commands known, its tables brought up to date. @throws `MOTIA_STORE_SCHEMA_NEWER`, `MOTIA_STORE_MIGRATION_FAILED`, `MOTIA_STORE_PROGRAM_INVALID` */
  open(program: StoreProgram): Promise<void>;
  /** Runs units in this order, after those of earlier calls. Each is settled once. `goesOn`: the same turn brings more, which may be part of the same commit. */
  write(units: readonly Unit[], goesOn?: boolean): void;
  /** Commits only return once they are on the disk from now on. */
  syncEveryCommit(): void;
  /** Looks whether another process has committed since the last look; `foreignCommit` tells. */
  lookForForeignCommits(): void;
  /** Commits what was handed in, writes the log back into the file and lets go of the connection. Idempotent. */
  close(): Promise<void>;
}

/** What is told of each commit. */
export interface CommitReport {
  readonly tookMs: number;
  readonly commands: number;
  /** Rows that programs moved to the quarantine. */
  readonly quarantined: readonly CorruptRow[];
  /** What the disk or the file did not let it do: the last of it. */
  readonly failure?: MotiaError;
}

/** What a writer tells on its own. */
export interface WriterEvents {
  committed(report: CommitReport): void;
  foreignCommit(): void;
  /** It is gone and will not come back. What waited was settled with this error. */
  lost(error: MotiaError): void;
}
