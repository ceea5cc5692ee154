import type { LogData } from '../logs/log-data.js';
import type { LogFilter } from '../logs/log-ring.js';

export interface LogQuery extends LogFilter {
  readonly search: string | undefined;
  readonly offset: number;
  readonly limit: number;
}
export interface LogPage {
  /** Newest first. */
  readonly logs: readonly LogData[];
  readonly total: number;
  /** Number of the oldest one in it, for `beforeRecord` of the next page; undefined on the last one. */
  readonly nextRecord: number | undefined;
}

/** Where log records can be found again. */
export interface LogStore {
  list(query: LogQuery): Promise<LogPage>;
  clear(): Promise<void>;
  evict(): void;
  readonly held: { readonly records: number; readonly bytes: number; readonly evicted: number };
}
