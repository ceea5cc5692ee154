import { defineAdapter } from '@motia/engine-core/contract';
import { JsonLogsSerializer, JsonMetricsSerializer, JsonTraceSerializer, ProtobufLogsSerializer, ProtobufMetricsSerializer, ProtobufTraceSerializer, type ISerializer } from '@opentelemetry/otlp-transformer';
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';
import type { ResourceMetrics } from '@opentelemetry/sdk-metrics';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { otelVersion } from '../version.js';
import { TelemetryExporterSlot, type ExportBatch, type ExportOutcome, type ExportResource, type TelemetryExporter } from './exporter-slot.js';
import { loadGrpcExporters, sendOverGrpc, type GrpcExporters } from './otlp-grpc.js';
import { OtlpHttp } from './otlp-http.js';
import { otlpOptions, type OtlpOptions } from './otlp-options.js';
import { readableLogs } from './readable-log.js';
import { readableMetrics } from './readable-metrics.js';
import { readableSpans } from './readable-span.js';

/** How long gRPC's own deadline is: the module's comes first. */
const grpcTimeoutMs = 20_000;
const grpcStopMs = 500;

/** `modules::observability::adapters::OtlpExporter`: OTLP over HTTP, as protobuf or JSON, or over gRPC. */
export const OtlpExporter = defineAdapter({
  name: '@motia/module-otel/otlp',
  version: otelVersion,
  contract: 1,
  class: 'modules::observability::adapters::OtlpExporter',
  slot: TelemetryExporterSlot,
  capabilities: ['traces', 'logs', 'metrics'],
  options: otlpOptions,
  async create(context, options) {
    if (options.protocol === 'grpc') {
      const exporters = await loadGrpcExporters({ url: options.endpoint, headers: options.headers, timeoutMs: grpcTimeoutMs, isCompressed: options.compression === 'gzip' });
      const service = new OtlpSender(withoutPassword(options.endpoint), overGrpc(exporters, withoutPassword(options.endpoint)));
      return {
        service,
        async stop() {
          const ended = Promise.allSettled(Object.values(exporters).map((exporter) => exporter.shutdown()));
          // It would wait for calls that the module gave up long ago.
          await Promise.race([ended, new Promise<void>((resolve) => void context.clock.setTimeout(resolve, grpcStopMs))]);
        },
      };
    }
    const { routes, close } = overHttp(options);
    return { service: new OtlpSender(withoutPassword(options.endpoint), routes), stop: async () => close() };
  },
});

/** Sends one kind of thing. */
type Route<T> = (items: T, signal: AbortSignal) => Promise<ExportOutcome>;
interface Routes {
  readonly traces: Route<ReadableSpan[]>;
  readonly logs: Route<ReadableLogRecord[]>;
  readonly metrics: Route<ResourceMetrics>;
}

class OtlpSender implements TelemetryExporter {
  #spans: ReturnType<typeof readableSpans> | undefined;
  #logs: ReturnType<typeof readableLogs> | undefined;
  #resource: ExportResource | undefined;

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

  #know(resource: ExportBatch<unknown>['resource']): void {
    if (this.#resource === resource) return;
    this.#resource = resource;
    this.#spans = readableSpans(resource, otelVersion);
    this.#logs = readableLogs(resource);
  }
}

function overHttp({ endpoint, protocol, headers, compression }: OtlpOptions): { readonly routes: Routes; close(): void } {
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
    close: () => {
      for (const http of open) http.close();
    },
  };
}

function overGrpc({ traces, logs, metrics }: GrpcExporters, endpoint: string): Routes {
  const nothingRejected = { rejected: 0 };
  return {
    traces: async (items, signal) => sendOverGrpc(traces, items, endpoint, signal).then(() => nothingRejected),
    logs: async (items, signal) => sendOverGrpc(logs, items, endpoint, signal).then(() => nothingRejected),
    metrics: async (items, signal) => sendOverGrpc(metrics, items, endpoint, signal).then(() => nothingRejected),
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

/** `http://host:4318` and `http://host:4318/v1/traces` both mean the collector there. */
export function urlFor(endpoint: string, signalName: string): string {
  const url = new URL(endpoint);
  url.pathname = `${url.pathname.replace(/\/v1\/(?:traces|logs|metrics)\/?$/, '').replace(/\/$/, '')}/v1/${signalName}`;
  return url.href;
}

function withoutPassword(endpoint: string): string {
  const url = new URL(endpoint);
  url.username = '';
  url.password = '';
  url.search = '';
  return url.href;
}
