import type { LogData } from '../logs/log-data.js';
import type { LogFilter } from '../logs/log-ring.js';

export interface LogQuery extends LogFilter {
  readonly search: string | undefined;
  readonly offset: number;
  readonly limit: number;
}
/** A record with its number: unique among those that are kept, and larger than that of every record that came earlier. */
export interface NumberedLog {
  readonly record: number;
  readonly log: LogData;
}
export interface LogPage {
  /** Newest first. */
  readonly logs: readonly NumberedLog[];
  /** Of all that match, on whatever page. */
  readonly total: number;
  /** Matches that are older than those in it. When there are some, `beforeRecord` of the next page is the number of its last one. */
  readonly older: number;
  /** Number of the newest record that is kept, whether it matches or not; for `afterRecord` of a later look. */
  readonly newestRecord: number | undefined;
  /** Records after `afterRecord` that had to make room before this look: at least so many. */
  readonly missed: number;
}

/** Where log records can be found again. */
export interface LogStore {
  list(query: LogQuery): Promise<LogPage>;
  clear(): Promise<void>;
  evict(): void;
  readonly held: { readonly records: number; readonly bytes: number; readonly evicted: number };
}
