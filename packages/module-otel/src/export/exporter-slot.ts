import type { AdapterSlot } from '@motia/engine-core/contract';
import type { LogData } from '../logs/log-data.js';
import type { MetricData } from '../metrics/metric-data.js';
import type { SpanData } from '../record/span-data.js';

/** Who sends: attributes of the service, as OpenTelemetry names them (`service.name`, …). */
export type ExportResource = Readonly<Record<string, string>>;

/** What a receiver said to a batch that it took. */
export interface ExportOutcome {
  /** Items that it refused all the same (partial success), and why. */
  readonly rejected: number;
  readonly reason?: string;
}

/** What is sent at one time. */
export interface ExportBatch<T> {
  readonly items: readonly T[];
  readonly resource: ExportResource;
}

/**
 * Sends telemetry somewhere else. One call at a time per signal; queueing, retries and counting are the module's.
 * @throws `MOTIA_OTEL_EXPORT_FAILED` when nothing was taken, with `isRetryable` and `retryAfterMs` in its details
 */
export interface TelemetryExporter {
  /** Where to, for messages; without secrets. */
  readonly destination: string;
  /** `signal` aborts when the time is up: reject soon then. */
  traces(batch: ExportBatch<SpanData>, signal: AbortSignal): Promise<ExportOutcome>;
  logs(batch: ExportBatch<LogData>, signal: AbortSignal): Promise<ExportOutcome>;
  /** Cumulative, since `startMs`. */
  metrics(batch: ExportBatch<MetricData> & { readonly startMs: number; readonly timeMs: number }, signal: AbortSignal): Promise<ExportOutcome>;
}

export type ExporterCapability = 'traces' | 'logs' | 'metrics';

/** Filled by `adapters` of the module; `exporter: otlp` fills it with OTLP. */
export const TelemetryExporterSlot: AdapterSlot<TelemetryExporter, ExporterCapability> = {
  id: 'otel.exporter',
  capabilities: ['traces', 'logs', 'metrics'],
  fallback: 'modules::observability::adapters::OtlpExporter',
};
