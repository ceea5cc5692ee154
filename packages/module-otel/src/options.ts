import { Type, type Static } from '@sinclair/typebox';
import { defineOptions, engineErrors } from '@motia/engine-core';
import type { OptionsSchema } from '@motia/engine-core/contract';

const positive = (value: number, maximum: number, description: string) => Type.Integer({ default: value, minimum: 1, maximum, description });
const ratio = (value: number, description: string) => Type.Number({ default: value, minimum: 0, maximum: 1, description });
const choice = <const T extends readonly string[]>(choices: T, options: object) => Type.Unsafe<T[number]>(Type.Union(choices.map((each) => Type.Literal(each)), options));

/** `sqlite` and `storage` are one place: that of the adapter, which is SQLite unless another is named. */
const places = ['memory', 'sqlite', 'storage', 'otlp'] as const;
/** One name, `both` (here and OTLP), or a list. */
const exporter = (description: string) =>
  Type.Optional(Type.Union([choice([...places, 'both'], {}), Type.Array(choice(places, {}), { minItems: 1, uniqueItems: true })], { description, hint: 'must be memory, sqlite, storage, otlp, both, or a list of the first four' }));

const samplingRule = Type.Object({
  operation: Type.Optional(Type.String({ minLength: 1, description: 'Pattern for the name of the span that a trace begins with; `*` is anything, `?` one character.' })),
  service: Type.Optional(Type.String({ minLength: 1, description: 'Pattern for `service_name`.' })),
  rate: Type.Number({ minimum: 0, maximum: 1, description: 'Share of the traces that is recorded.' }),
});
const sampling = Type.Object({
  default: Type.Optional(Type.Number({ minimum: 0, maximum: 1, description: 'Share of the traces that no rule names. Default: `sampling_ratio`.' })),
  parent_based: Type.Boolean({ default: true, description: 'Traces that come from elsewhere are recorded if whoever began them records them.' }),
  rules: Type.Array(samplingRule, { default: [], description: 'The first one that matches decides.' }),
  rate_limit: Type.Optional(Type.Object({ max_traces_per_second: Type.Number({ exclusiveMinimum: 0, maximum: 1_000_000, description: 'New traces that are recorded at most.' }) }, { description: 'Bounds what is recorded whatever the rates.' })),
}, { default: {}, description: 'Which traces are recorded, beyond one ratio.' });

const alertAction = Type.Union([
  choice(['log', 'webhook', 'function'], {}),
  Type.Object({ type: Type.Literal('log', { description: 'Writes a warning.' }) }),
  Type.Object({ type: Type.Literal('webhook', { description: 'Sends a POST request.' }), url: Type.String({ pattern: '^https?://[^\\s/?#]+', secret: true, description: 'Where to.' }) }),
  Type.Object({ type: Type.Literal('function', { description: 'Calls a function.' }), path: Type.String({ minLength: 1, description: 'Id of the function.' }) }),
], { default: 'log', hint: 'must be log, webhook or function, or { type: log }, { type: webhook, url }, { type: function, path }', description: 'What happens when it fires.' });
const alert = Type.Object({
  name: Type.String({ minLength: 1, maxLength: 128, description: 'Shown wherever it fires.' }),
  metric: Type.String({ minLength: 1, description: 'Name of a metric, e.g. `iii.invocations.error`.' }),
  threshold: Type.Number({ description: 'What the value is compared with.' }),
  operator: choice(['>', '>=', '<', '<=', '==', '!='], { default: '>', description: 'How it is compared.' }),
  window_seconds: positive(60, 86_400, 'The time that is looked at.'),
  cooldown_seconds: Type.Integer({ default: 60, minimum: 0, maximum: 604_800, description: 'It fires again after this at the earliest.' }),
  statistic: Type.Optional(choice(['increase', 'last', 'avg', 'min', 'max', 'p50', 'p95', 'p99'], { description: 'Which number of the window. Default: the increase of counters, the last value of gauges, the 95th percentile of histograms.' })),
  enabled: Type.Boolean({ default: true, description: 'False: listed, never fires.' }),
  action: alertAction,
  webhook_url: Type.Optional(Type.String({ pattern: '^https?://[^\\s/?#]+', secret: true, description: 'Where to, with `action: webhook`.' })),
  function_id: Type.Optional(Type.String({ minLength: 1, description: 'Id of the function, with `action: function`.' })),
});

/** Options of `modules::observability::OtelModule` as config.yaml writes them. */
export const otelOptionsSchema = Type.Object({
  enabled: Type.Optional(Type.Boolean({ description: 'False: nothing is recorded. Default true, unless `OTEL_ENABLED=false` or `OTEL_SDK_DISABLED=true`.' })),
  service_name: Type.Optional(Type.String({ minLength: 1, maxLength: 256, description: 'Name of the app. Default `OTEL_SERVICE_NAME`, else `iii`.' })),
  service_version: Type.String({ default: 'unknown', minLength: 1, maxLength: 256, description: 'Version of the app.' }),
  service_namespace: Type.Optional(Type.String({ minLength: 1, maxLength: 256, description: 'What the app belongs to, e.g. an environment.' })),

  exporter: exporter('Where traces go: `memory`, `sqlite` (survives restarts), `storage` (what `adapter` names), `otlp`, `both` (here and OTLP), or a list. Default `memory`, with `adapter` `storage`; `both` when an endpoint is set.'),
  endpoint: Type.Optional(Type.String({ pattern: '^https?://[^\\s/?#]+', hint: 'must be a URL such as "http://localhost:4318"', description: 'Base URL of the OTLP collector. Default `OTEL_EXPORTER_OTLP_ENDPOINT`, else `http://localhost:4318`, with gRPC `http://localhost:4317`.' })),
  protocol: Type.Optional(choice(['http/protobuf', 'http/json', 'grpc'], { description: 'What the collector speaks. Default `OTEL_EXPORTER_OTLP_PROTOCOL`; else gRPC on port 4317 where its packages are installed, and `http/protobuf`.' })),
  headers: Type.Optional(Type.Record(Type.String(), Type.String({ secret: true }), { description: 'Sent to the collector. Default `OTEL_EXPORTER_OTLP_HEADERS`.' })),
  compression: choice(['none', 'gzip'], { default: 'none', description: 'How requests to the collector are packed.' }),
  export_timeout_ms: Type.Integer({ default: 10_000, minimum: 100, maximum: 120_000, unit: 'ms', description: 'Time that the collector has for one batch.' }),
  export_interval_ms: Type.Integer({ default: 1_000, minimum: 10, maximum: 3_600_000, unit: 'ms', description: 'How often spans are sent; a batch of 512 at once.' }),

  sampling_ratio: ratio(1, 'Share of the traces that is recorded.'),
  sampling,

  memory_max_spans: positive(500_000, 100_000_000, 'Spans that are held in memory at most.'),
  memory_max_bytes: Type.Integer({ default: 67_108_864, minimum: 1_048_576, maximum: 17_179_869_184, unit: 'bytes', description: 'Memory for spans. Traces with errors and slow ones stay longest.' }),
  max_spans_per_trace: positive(50_000, 10_000_000, 'Spans of one trace that are kept; further ones are counted.'),
  max_attribute_length: Type.Integer({ default: 8_192, minimum: 64, maximum: 65_536, description: 'Characters of one attribute that are kept.' }),
  slow_trace_ms: positive(1_000, 3_600_000, 'A trace that took longer counts as slow.'),
  traces_retention_seconds: positive(604_800, 31_536_000, 'How long traces are kept.'),
  redact_keys: Type.Array(Type.String({ minLength: 1 }), { default: [], description: 'Further names of attributes and fields whose values are secrets.' }),

  adapter: Type.Optional(Type.Object({
    class: Type.String({ minLength: 1, description: 'Class path of the adapter.' }),
    config: Type.Optional(Type.Unknown({ description: 'Its options.' })),
  }, { description: 'Where `storage` keeps telemetry. Default: modules::observability::adapters::SqliteStorage with `data_dir`.' })),
  data_dir: Type.String({ default: './data', minLength: 1, description: 'Folder of `telemetry.db`, relative to the config file; for `sqlite`.' }),
  sqlite_max_bytes: Type.Integer({ default: 268_435_456, minimum: 4_194_304, maximum: 1_099_511_627_776, unit: 'bytes', description: 'Size of `telemetry.db`. Traces with errors and slow ones stay longest.' }),

  metrics_enabled: Type.Boolean({ default: true, description: 'False: nothing is measured; no rollups and no alerts.' }),
  metrics_exporter: exporter('Where metrics go: `memory`, `sqlite` (rollups survive restarts), `otlp`, `both`, or a list. Default: kept where traces are kept.'),
  metrics_retention_seconds: positive(3_600, 604_800, 'How long single measurements are kept.'),
  metrics_max_count: positive(100_000, 10_000_000, 'Single measurements that are kept.'),
  metrics_export_interval_ms: Type.Integer({ default: 60_000, minimum: 100, maximum: 3_600_000, unit: 'ms', description: 'How often metrics are sent to the collector.' }),

  logs_enabled: Type.Boolean({ default: true, description: 'False: logs are only written to the console.' }),
  logs_exporter: exporter('Where logs go: `memory`, `sqlite`, `otlp`, `both`, or a list. Default: kept where traces are kept.'),
  logs_max_count: positive(10_000, 100_000_000, 'Log records that are kept.'),
  logs_max_bytes: Type.Integer({ default: 16_777_216, minimum: 262_144, maximum: 17_179_869_184, unit: 'bytes', description: 'Memory for log records.' }),
  logs_retention_seconds: positive(3_600, 31_536_000, 'How long log records are kept.'),
  logs_batch_size: positive(100, 10_000, 'Log records that are sent to the collector at one time.'),
  logs_flush_interval_ms: Type.Integer({ default: 5_000, minimum: 100, maximum: 3_600_000, unit: 'ms', description: 'How often log records are sent to the collector.' }),
  logs_sampling_ratio: ratio(1, 'Share of the log records below `warn` that is kept. Records of one trace stay together.'),
  logs_console_output: Type.Boolean({ default: true, description: 'False: what processes print and log is not shown on the console.' }),
  level: Type.Optional(choice(['trace', 'debug', 'info', 'warn', 'error'], { description: 'Lowest level that is kept and shown. Default `info`, or what the command line says.' })),
  format: Type.Optional(choice(['default', 'pretty', 'json'], { description: 'Lines on the console. `default`: for people on a terminal, JSON elsewhere.' })),

  alerts: Type.Array(alert, { default: [], maxItems: 1_000, description: 'Watches over metrics, looked at every 10 seconds.' }),
  alert_webhooks: Type.Object({
    allowed_hosts: Type.Array(Type.String({ minLength: 1 }), { default: [], description: 'Hosts that may be called although their address is private: `host` or `host:port`.' }),
    timeout_ms: Type.Integer({ default: 10_000, minimum: 100, maximum: 60_000, unit: 'ms', description: 'Time that a receiver has.' }),
  }, { default: {}, description: 'How webhooks of alerts are called. Private, loopback and link-local addresses are refused.' }),

  adapters: Type.Array(Type.Object({
    class: Type.String({ minLength: 1, description: 'Class path of an exporter.' }),
    config: Type.Optional(Type.Unknown({ description: 'Its options.' })),
  }), { default: [], description: 'Further exporters, each of which gets everything.' }),
});

/** Options with their defaults filled in. */
export type OtelOptions = Static<typeof otelOptionsSchema>;
/** One alert of the options. */
export type AlertOptions = OtelOptions['alerts'][number];
/** Options as a program writes them: all may be left out. */
export type OtelInput = { readonly [K in keyof OtelOptions]?: unknown };

const plainOptions: OptionsSchema<OtelOptions> = defineOptions(otelOptionsSchema);

/** Checks options of the module. @throws `MOTIA_ENGINE_OPTIONS_INVALID` */
export const otelOptions: OptionsSchema<OtelOptions> = {
  jsonSchema: plainOptions.jsonSchema,
  parse(input) {
    const options = plainOptions.parse(input);
    const problems = options.alerts.flatMap(({ action, webhook_url: url, function_id: functionId }, index) => [
      ...(action === 'webhook' && url === undefined ? [{ pointer: `/alerts/${String(index)}/webhook_url`, problem: 'is required with `action: webhook`' }] : []),
      ...(action === 'function' && functionId === undefined ? [{ pointer: `/alerts/${String(index)}/function_id`, problem: 'is required with `action: function`' }] : []),
    ]);
    for (const key of ['exporter', 'metrics_exporter', 'logs_exporter'] as const) {
      const names: unknown = options[key];
      if (options.adapter !== undefined && (names === 'sqlite' || (Array.isArray(names) && names.includes('sqlite')))) problems.push({ pointer: `/${key}`, problem: 'must say `storage` where `adapter` names what keeps telemetry' });
    }
    if (problems.length > 0) throw engineErrors.OPTIONS_INVALID({ problems });
    return options;
  },
};
