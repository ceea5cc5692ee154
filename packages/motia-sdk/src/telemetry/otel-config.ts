import { nearest } from '../steps/trigger-keys.js';
import { VERSION } from '../version.js';
import type { SpanAttributes } from './span-data.js';

/** `export const otel` of `motia.config.ts`, and what `initIII()` takes. */
export interface OtelConfig {
  /** Default true; also off with `OTEL_SDK_DISABLED=true` or `OTEL_ENABLED=false` in the environment. */
  readonly enabled?: boolean;
  /** Default `OTEL_SERVICE_NAME`, else `motia`. */
  readonly serviceName?: string;
  /** Default `SERVICE_VERSION`. */
  readonly serviceVersion?: string;
  /** Default `SERVICE_NAMESPACE`. */
  readonly serviceNamespace?: string;
  /** Default `SERVICE_INSTANCE_ID`. */
  readonly serviceInstanceId?: string;
  /** Spans for `fetch` and undici, and `traceparent` on what they send. Default true. */
  readonly fetchInstrumentationEnabled?: boolean;
  /** OpenTelemetry instrumentations to enable: `[new PrismaInstrumentation()]`. */
  readonly instrumentations?: readonly OtelInstrumentation[];
}

/** The part of an OpenTelemetry instrumentation that is needed here. */
export interface OtelInstrumentation {
  readonly instrumentationName?: string;
  enable?(): void;
  disable?(): void;
}

/** What the process does about telemetry, with everything decided. */
export interface OtelSettings {
  /** Describes this process; undefined when it makes no spans. */
  readonly resource: SpanAttributes | undefined;
  readonly instrumentsFetch: boolean;
  readonly instrumentations: readonly OtelInstrumentation[];
  /** About keys that have no effect. */
  readonly notices: readonly string[];
}

const keys = ['enabled', 'serviceName', 'serviceVersion', 'serviceNamespace', 'serviceInstanceId', 'fetchInstrumentationEnabled', 'instrumentations'];
/** Keys of existing configs that have nothing to do here. */
const superseded: Readonly<Record<string, string>> = {
  engineWsUrl: 'telemetry travels over the connection to the engine',
  reconnectionConfig: 'telemetry travels over the connection to the engine',
  metricsEnabled: 'the engine measures this process',
  metricsExportIntervalMs: 'the engine measures this process',
  logsFlushIntervalMs: 'logs leave with each turn of the event loop',
  logsBatchSize: 'logs leave with each turn of the event loop',
};

/** Never throws: a config that says nothing sensible is one that says nothing. */
export function readOtelConfig(given: unknown, env: Readonly<Record<string, string | undefined>>, pid: number): OtelSettings {
  const config = (typeof given === 'object' && given !== null ? given : {}) as OtelConfig;
  const notices = Object.keys(config).filter((key) => !keys.includes(key)).map((key) => noticeOf(key));
  const isEnabled = config.enabled ?? (env['OTEL_SDK_DISABLED']?.toLowerCase() !== 'true' && !/^(?:false|0|no|off)$/i.test(env['OTEL_ENABLED'] ?? ''));
  if (!isEnabled) return { resource: undefined, instrumentsFetch: false, instrumentations: [], notices };
  const resource = {
    'service.name': config.serviceName ?? env['OTEL_SERVICE_NAME'] ?? 'motia',
    'service.version': config.serviceVersion ?? env['SERVICE_VERSION'],
    'service.namespace': config.serviceNamespace ?? env['SERVICE_NAMESPACE'],
    'service.instance.id': config.serviceInstanceId ?? env['SERVICE_INSTANCE_ID'],
    'telemetry.sdk.name': 'motia',
    'telemetry.sdk.language': 'nodejs',
    'telemetry.sdk.version': VERSION,
    'process.pid': pid,
  };
  return { resource, instrumentsFetch: config.fetchInstrumentationEnabled ?? true, instrumentations: config.instrumentations ?? [], notices };
}

function noticeOf(key: string): string {
  const reason = superseded[key];
  if (reason !== undefined) return `\`otel.${key}\` of motia.config has no effect: ${reason}`;
  const meant = nearest(key, keys);
  return `\`otel.${key}\` of motia.config is unknown${meant === undefined ? '' : `: did you mean \`${meant}\`?`}`;
}
