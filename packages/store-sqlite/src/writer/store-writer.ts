import type { StoreProgram } from '@motia/engine-core/contract';
import type { Unit } from './unit.js';

/** Whoever has the connection that writes. */
export interface StoreWriter {
  /** Makes a program's commands known, its tables brought up to date. */
  open(program: StoreProgram): Promise<void>;
  /** Runs units in this order, after those of earlier calls. Each is settled once. */
  write(units: readonly Unit[]): void;
  /** Commits what was handed in and lets go of the connection. Idempotent. */
  close(): Promise<void>;
}

/** What is told of each commit. */
export interface CommitReport {
  readonly tookMs: number;
  readonly commands: number;
}
