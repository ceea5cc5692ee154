import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';
import type { ResourceMetrics } from '@opentelemetry/sdk-metrics';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { otelErrors } from '../errors.js';

/** The packages that speak gRPC: 40 MB that nobody needs who sends over HTTP, so they are loaded only here, and installed by whoever wants them. */
const packages = ['@opentelemetry/exporter-trace-otlp-grpc', '@opentelemetry/exporter-logs-otlp-grpc', '@opentelemetry/exporter-metrics-otlp-grpc'] as const;

interface GrpcExporter<T> {
  export(items: T, done: (result: { readonly code: number; readonly error?: Error }) => void): void;
  shutdown(): Promise<void>;
}
export interface GrpcExporters {
  readonly traces: GrpcExporter<ReadableSpan[]>;
  readonly logs: GrpcExporter<ReadableLogRecord[]>;
  readonly metrics: GrpcExporter<ResourceMetrics>;
}

/** @throws `MOTIA_OTEL_GRPC_MISSING` */
export async function loadGrpcExporters(options: { readonly url: string; readonly headers: Readonly<Record<string, string>>; readonly timeoutMs: number; readonly isCompressed: boolean }): Promise<GrpcExporters> {
  try {
    const [{ OTLPTraceExporter }, { OTLPLogExporter }, { OTLPMetricExporter }, { Metadata }] = await Promise.all([
      import('@opentelemetry/exporter-trace-otlp-grpc'),
      import('@opentelemetry/exporter-logs-otlp-grpc'),
      import('@opentelemetry/exporter-metrics-otlp-grpc'),
      import('@grpc/grpc-js'),
    ]);
    const metadata = new Metadata();
    for (const [name, value] of Object.entries(options.headers)) metadata.set(name, value);
    const config = { url: options.url, metadata, timeoutMillis: options.timeoutMs, ...(options.isCompressed ? { compression: 'gzip' as never } : {}) };
    return { traces: new OTLPTraceExporter(config), logs: new OTLPLogExporter(config), metrics: new OTLPMetricExporter(config) };
  } catch (error) {
    throw otelErrors.GRPC_MISSING({ packages: [...packages, '@grpc/grpc-js'] }, error);
  }
}

/** True when the packages are there. */
export async function hasGrpc(): Promise<boolean> {
  try {
    await import('@opentelemetry/exporter-trace-otlp-grpc');
    return true;
  } catch {
    return false;
  }
}

const retryableCodes: ReadonlySet<unknown> = new Set([1, 4, 8, 10, 11, 14, 15]);

/** @throws `MOTIA_OTEL_EXPORT_FAILED` */
export function sendOverGrpc<T>(exporter: GrpcExporter<T>, items: T, endpoint: string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (reason: string, isRetryable: boolean): void => reject(otelErrors.EXPORT_FAILED({ endpoint, reason, isRetryable }));
    const onAbort = (): void => fail('it did not answer in time', true);
    signal.addEventListener('abort', onAbort, { once: true });
    exporter.export(items, ({ code, error }) => {
      signal.removeEventListener('abort', onAbort);
      if (code === 0) resolve();
      else fail(error?.message ?? 'unknown', retryableCodes.has((error as { code?: unknown } | undefined)?.code));
    });
  });
}
