import type { Clock } from '@motia/engine-core/contract';
import { JsonLogsSerializer, JsonMetricsSerializer, JsonTraceSerializer, ProtobufLogsSerializer, ProtobufMetricsSerializer, ProtobufTraceSerializer, type ISerializer } from '@opentelemetry/otlp-transformer';
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';
import type { ResourceMetrics } from '@opentelemetry/sdk-metrics';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { otelVersion } from '../version.js';
import type { ExportOutcome, ExportResource, TelemetryExporter } from './exporter-slot.js';
import { urlFor, withoutPassword } from './otlp-endpoint.js';
import { loadGrpcExporters, sendOverGrpc, type GrpcExporters } from './otlp-grpc.js';
import { OtlpHttp } from './otlp-http.js';
import type { OtlpOptions } from './otlp-options.js';
import { readableLogs } from './readable-log.js';
import { readableMetrics } from './readable-metrics.js';
import { readableSpans } from './readable-span.js';

/** How long gRPC's own deadline is: the module's comes first. */
const grpcTimeoutMs = 20_000;
const grpcStopMs = 500;

/** An exporter with connections of its own. */
export interface OpenSender {
  readonly exporter: TelemetryExporter;
  close(): Promise<void>;
}

/** Sends OTLP from the thread that it is called in. @throws `MOTIA_OTEL_GRPC_MISSING` */
export async function openSender(options: OtlpOptions, clock: Pick<Clock, 'setTimeout'>): Promise<OpenSender> {
  const destination = withoutPassword(options.endpoint);
  const { routes, close } = options.protocol === 'grpc' ? await overGrpc(options, destination, clock) : overHttp(options);
  return { exporter: new OtlpSender(destination, routes), close };
}

/** Sends one kind of thing. */
type Route<T> = (items: T, signal: AbortSignal) => Promise<ExportOutcome>;
interface Routes {
  readonly traces: Route<ReadableSpan[]>;
  readonly logs: Route<ReadableLogRecord[]>;
  readonly metrics: Route<ResourceMetrics>;
}
interface OpenRoutes {
  readonly routes: Routes;
  close(): Promise<void>;
}

class OtlpSender implements TelemetryExporter {
  #spans: ReturnType<typeof readableSpans> | undefined;
  #logs: ReturnType<typeof readableLogs> | undefined;
  /** As JSON: from another thread every batch brings a copy. */
  #resource: string | undefined;

  constructor(readonly destination: string, private readonly routes: Routes) {}

  async traces({ items, resource }: Parameters<TelemetryExporter['traces']>[0], signal: AbortSignal): Promise<ExportOutcome> {
    this.#know(resource);
    return this.routes.traces(items.map(this.#spans ?? readableSpans(resource, otelVersion)), signal);
  }

  async logs({ items, resource }: Parameters<TelemetryExporter['logs']>[0], signal: AbortSignal): Promise<ExportOutcome> {
    this.#know(resource);
    return this.routes.logs(items.map(this.#logs ?? readableLogs(resource)), signal);
  }

  async metrics({ items, resource, startMs, timeMs }: Parameters<TelemetryExporter['metrics']>[0], signal: AbortSignal): Promise<ExportOutcome> {
    return this.routes.metrics(readableMetrics(items, { resource, startMs, timeMs, scopeVersion: otelVersion }), signal);
  }

  #know(resource: ExportResource): void {
    const text = JSON.stringify(resource);
    if (this.#resource === text) return;
    this.#resource = text;
    this.#spans = readableSpans(resource, otelVersion);
    this.#logs = readableLogs(resource);
  }
}

function overHttp({ endpoint, protocol, headers, compression }: OtlpOptions): OpenRoutes {
  const isJson = protocol === 'http/json';
  const open: OtlpHttp[] = [];
  const route = <T>(signalName: string, serializer: ISerializer<T, unknown>): Route<T> => {
    const http = new OtlpHttp({ url: urlFor(endpoint, signalName), contentType: isJson ? 'application/json' : 'application/x-protobuf', headers, isCompressed: compression === 'gzip' });
    open.push(http);
    return async (items, signal) => {
      const payload = serializer.serializeRequest(items);
      return payload === undefined ? { rejected: 0 } : partialSuccess(serializer, await http.send(payload, signal));
    };
  };
  return {
    routes: {
      traces: route('traces', isJson ? JsonTraceSerializer : ProtobufTraceSerializer),
      logs: route('logs', isJson ? JsonLogsSerializer : ProtobufLogsSerializer),
      metrics: route('metrics', isJson ? JsonMetricsSerializer : ProtobufMetricsSerializer),
    },
    close: async () => {
      for (const http of open) http.close();
    },
  };
}

async function overGrpc({ endpoint, headers, compression }: OtlpOptions, destination: string, clock: Pick<Clock, 'setTimeout'>): Promise<OpenRoutes> {
  const exporters = await loadGrpcExporters({ url: endpoint, headers, timeoutMs: grpcTimeoutMs, isCompressed: compression === 'gzip' });
  return {
    routes: grpcRoutes(exporters, destination),
    async close() {
      const ended = Promise.allSettled(Object.values(exporters).map((exporter) => exporter.shutdown()));
      // It would wait for calls that the module gave up long ago.
      await Promise.race([ended, new Promise<void>((resolve) => void clock.setTimeout(resolve, grpcStopMs))]);
    },
  };
}

function grpcRoutes({ traces, logs, metrics }: GrpcExporters, destination: string): Routes {
  const nothingRejected = { rejected: 0 };
  return {
    traces: async (items, signal) => sendOverGrpc(traces, items, destination, signal).then(() => nothingRejected),
    logs: async (items, signal) => sendOverGrpc(logs, items, destination, signal).then(() => nothingRejected),
    metrics: async (items, signal) => sendOverGrpc(metrics, items, destination, signal).then(() => nothingRejected),
  };
}

/** What a receiver refused of what it took. An answer that cannot be read refused nothing. */
function partialSuccess<T>(serializer: ISerializer<T, unknown>, answer: Uint8Array): ExportOutcome {
  if (answer.byteLength === 0) return { rejected: 0 };
  try {
    const { partialSuccess: partial } = (serializer.deserializeResponse(answer) ?? {}) as { readonly partialSuccess?: Readonly<Record<string, unknown>> };
    if (partial === undefined || partial === null) return { rejected: 0 };
    const rejected = ['rejectedSpans', 'rejectedLogRecords', 'rejectedDataPoints'].reduce((sum, key) => sum + (Number(partial[key] ?? 0) || 0), 0);
    const reason = partial['errorMessage'];
    return { rejected, ...(typeof reason === 'string' && reason !== '' ? { reason } : {}) };
  } catch {
    return { rejected: 0 };
  }
}
