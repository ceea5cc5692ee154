import type { WireError } from '@motia/engine-core/contract';
import type { LogData } from '../../logs/log-data.js';
import type { SpanData } from '../../record/span-data.js';
import type { ExportBatch, ExportOutcome, TelemetryExporter } from '../exporter-slot.js';
import type { OtlpOptions } from '../otlp-options.js';

/** What the thread is started with. */
export interface ExportThreadData {
  readonly otlp: OtlpOptions;
}

/** Spans as they were written down, and the texts of their table that the thread does not know yet. */
export interface SentRecords {
  readonly pieces: readonly Uint8Array[];
  readonly strings: { readonly first: number; readonly texts: readonly string[] };
}

export type MetricsBatch = Parameters<TelemetryExporter['metrics']>[0];
/** A batch as it crosses over. */
export type SentBatch =
  | { readonly signal: 'records'; readonly batch: Omit<ExportBatch<SpanData>, 'items'> & SentRecords }
  | { readonly signal: 'traces'; readonly batch: ExportBatch<SpanData> }
  | { readonly signal: 'logs'; readonly batch: ExportBatch<LogData> }
  | { readonly signal: 'metrics'; readonly batch: MetricsBatch };

export type ToExporter = ({ readonly type: 'send'; readonly id: number } & SentBatch) | { readonly type: 'cancel'; readonly id: number } | { readonly type: 'close' };

export type FromExporter =
  | { readonly type: 'ready' }
  /** It will not come to be: the options cannot be served. */
  | { readonly type: 'refused'; readonly error: WireError }
  | { readonly type: 'sent'; readonly id: number; readonly outcome: ExportOutcome }
  | { readonly type: 'failed'; readonly id: number; readonly error: WireError };
