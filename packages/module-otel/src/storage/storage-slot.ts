import type { AdapterSlot } from '@motia/engine-core/contract';
import type { LogData } from '../logs/log-data.js';
import type { RollupWindow } from '../metrics/rollups.js';
import type { SpanData } from '../record/span-data.js';
import type { LogStore } from './log-store.js';
import type { TraceStore } from './trace-store.js';

/** What the options of the module say about what is kept. */
export interface StorageLimits {
  /** A trace that took longer is slow. */
  readonly slowMs: number;
  readonly tracesRetentionMs: number;
  readonly logsRetentionMs: number;
  readonly maxLogs: number;
  readonly maxLogBytes: number;
}

/** Things that came since the last time. `missed`: they had to make room before they were taken, and are lost. */
export interface Taken<T> {
  readonly items: readonly T[];
  readonly missed: number;
}

/**
 * What the module lends to a storage: everything that it records, as plain data without secrets. It holds some megabytes of it:
 * a storage that does not take for a while misses what had to make room, and nobody waits for it.
 */
export interface TelemetrySource {
  readonly keeps: ReadonlySet<'traces' | 'logs' | 'metrics'>;
  readonly limits: StorageLimits;
  /** Of spans that have no `serviceName`. */
  readonly serviceName: string;
  /** Spans that have ended, in the order in which they did; at most `most` of them. */
  takeSpans(most: number): Taken<SpanData>;
  /** Log records, oldest first; at most `most` of them. */
  takeLogs(most: number): Taken<LogData>;
  /** Spans that have begun and not ended, as they stand now; their `endMs` is NaN. Most end soon: it pays to write only those that have been open for a while. */
  openSpans(): readonly SpanData[];
  /** Windows of metrics that may have changed since `sinceMs` (epoch milliseconds). A window is one by level, metric, attributes and start. */
  rollups(sinceMs: number): readonly RollupWindow[];
  /** Hands back windows that an earlier run left. */
  restoreRollups(windows: readonly RollupWindow[]): void;
}

/** What became of what a storage was given. */
export interface StorageCounters {
  /** Spans and log records that it missed, or could not write: they are lost. */
  readonly droppedSpans: number;
  readonly droppedLogs: number;
  /** Open spans that it has written down. */
  readonly openWritten: number;
}

/** A storage at work. */
export interface OpenStorage {
  /** Undefined when it keeps none. Whatever was recorded before a call is found by it, open spans included. */
  readonly traces: TraceStore | undefined;
  readonly logs: LogStore | undefined;
  readonly counters: StorageCounters;
  /** Every few seconds while something happens: the moment to end spans that dead engines left open, for one that several engines share. */
  round?(): void;
  /** Takes and writes what is left. */
  stop(): Promise<void>;
}

/** Where telemetry is kept outside the memory of the engine. It takes by itself, as often as suits it; nothing of a request waits for it. */
export interface TelemetryStorage {
  /** Called once, when the module starts. @throws when it cannot be used: `MOTIA_STORE_OWNED` ends the start, everything else costs the kept telemetry only */
  open(source: TelemetrySource): Promise<OpenStorage>;
}

/** Filled by `adapter` of the module; `exporter: sqlite` fills it with `telemetry.db`. */
export const TelemetryStorageSlot: AdapterSlot<TelemetryStorage, 'survivesRestarts'> = {
  id: 'otel.storage',
  capabilities: ['survivesRestarts'],
  fallback: 'modules::observability::adapters::SqliteStorage',
};
