import type { ConsoleLines, LogLevel } from '@motia/engine-core/contract';
import type { OtlpOptions } from './export/otlp-options.js';
import type { OtelOptions } from './options.js';
import type { SamplingPlan } from './sampling/sampler.js';

/** Where something goes. */
export interface Places {
  /** Kept in this engine, to be asked for. */
  readonly kept: 'memory' | 'storage' | undefined;
  readonly otlp: boolean;
}

/** What options and the variables of the OpenTelemetry standard come to. */
export interface Settings {
  readonly isEnabled: boolean;
  readonly serviceName: string;
  /** What the place outside the memory is called: `sqlite`, or the class of the adapter. */
  readonly storageName: string;
  readonly resource: Readonly<Record<string, string>>;
  readonly traces: Places;
  readonly metrics: Places;
  readonly logs: Places;
  readonly otlp: OtlpOptions;
  /** The endpoint speaks gRPC by its port, and nobody said what is spoken. */
  readonly guessesGrpc: boolean;
  readonly sampling: SamplingPlan;
  readonly level: LogLevel;
  readonly console: ConsoleLines;
}

type Variables = Readonly<Record<string, string | undefined>>;
type ExporterOption = OtelOptions['exporter'];

export function settingsOf(options: OtelOptions, variables: Variables): Settings {
  const endpoint = options.endpoint ?? variables['OTEL_EXPORTER_OTLP_ENDPOINT'];
  const serviceName = options.service_name ?? nonEmpty(variables['OTEL_SERVICE_NAME']) ?? 'iii';
  const here = options.adapter === undefined ? 'memory' : 'storage';
  const traces = placesOf(options.exporter ?? (endpoint === undefined ? here : 'both'), here);
  const sameAsTraces = traces.kept ?? here;
  const protocol = options.protocol ?? protocolOf(variables['OTEL_EXPORTER_OTLP_PROTOCOL']);
  return {
    isEnabled: options.enabled ?? (variables['OTEL_ENABLED'] !== 'false' && variables['OTEL_SDK_DISABLED'] !== 'true'),
    serviceName,
    storageName: options.adapter?.class ?? 'sqlite',
    resource: resourceOf(options, serviceName, variables),
    traces,
    metrics: options.metrics_enabled ? placesOf(options.metrics_exporter ?? sameAsTraces, sameAsTraces) : nowhere,
    logs: options.logs_enabled ? placesOf(options.logs_exporter ?? sameAsTraces, sameAsTraces) : nowhere,
    otlp: {
      endpoint: endpoint ?? (protocol === 'grpc' ? 'http://localhost:4317' : 'http://localhost:4318'),
      protocol: protocol ?? 'http/protobuf',
      headers: options.headers ?? headersOf(variables['OTEL_EXPORTER_OTLP_HEADERS']),
      compression: options.compression,
    },
    guessesGrpc: protocol === undefined && endpoint !== undefined && new URL(endpoint).port === '4317',
    sampling: {
      defaultRate: options.sampling.default ?? options.sampling_ratio,
      isParentBased: options.sampling.parent_based,
      rules: options.sampling.rules.map(({ operation, service, rate }) => ({ rate, ...(operation === undefined ? {} : { operation }), ...(service === undefined ? {} : { service }) })),
      maxTracesPerSecond: options.sampling.rate_limit?.max_traces_per_second,
      serviceName,
    },
    level: options.level ?? 'info',
    console: {
      showsProcesses: options.logs_console_output,
      ...(options.level === undefined ? {} : { level: options.level }),
      ...(options.format === undefined ? {} : { format: options.format === 'default' ? 'auto' : options.format }),
    },
  };
}

const nowhere: Places = { kept: undefined, otlp: false };

function placesOf(option: NonNullable<ExporterOption>, here: 'memory' | 'storage'): Places {
  const names: readonly string[] = option === 'both' ? [here, 'otlp'] : Array.isArray(option) ? option : [option];
  return { kept: names.includes('sqlite') || names.includes('storage') ? 'storage' : names.includes('memory') ? 'memory' : undefined, otlp: names.includes('otlp') };
}

function resourceOf(options: OtelOptions, serviceName: string, variables: Variables): Readonly<Record<string, string>> {
  return Object.freeze({
    ...headersOf(variables['OTEL_RESOURCE_ATTRIBUTES']),
    'service.name': serviceName,
    'service.version': options.service_version,
    ...(options.service_namespace === undefined ? {} : { 'service.namespace': options.service_namespace }),
    'telemetry.sdk.name': 'iii',
    'telemetry.sdk.language': 'nodejs',
  });
}

/** `a=1,b=2` with percent-encoded values, as OpenTelemetry writes lists into variables. */
function headersOf(text: string | undefined): Record<string, string> {
  const found: Record<string, string> = {};
  for (const pair of (text ?? '').split(',')) {
    const equals = pair.indexOf('=');
    if (equals <= 0) continue;
    const value = pair.slice(equals + 1).trim();
    try {
      found[pair.slice(0, equals).trim()] = decodeURIComponent(value);
    } catch {
      found[pair.slice(0, equals).trim()] = value;
    }
  }
  return found;
}

function protocolOf(text: string | undefined): OtlpOptions['protocol'] | undefined {
  return text === 'grpc' || text === 'http/protobuf' || text === 'http/json' ? text : undefined;
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === undefined || text === '' ? undefined : text;
}
