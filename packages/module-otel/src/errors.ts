import { defineErrors, type ErrorEntry } from '@motia/engine-core/contract';

/** One thing wrong with a query: which key, and what. */
export interface QueryProblem {
  readonly path: string;
  readonly problem: string;
}

function entry<D>(status: number, remedy: string, message: (details: D) => string, retryable = false): ErrorEntry<D> {
  return { status, retryable, since: '0.1.0', message, remedy };
}

/** Every condition of the observability module, `MOTIA_OTEL_<key>`. */
export const otelErrors = defineErrors('OTEL', {
  INVALID_QUERY: entry<{ readonly functionId: string; readonly problems: readonly QueryProblem[] }>(
    400,
    'Send the fields that the function documents; times are epoch milliseconds.',
    (d) => `${d.functionId} cannot use its input: ${d.problems.map(({ path, problem }) => `${path === '' ? 'it' : path} ${problem}`).join('; ')}.`,
  ),
  NOT_STORED: entry<{ readonly what: string; readonly option: string; readonly legacyCode: string }>(
    409,
    'Choose an exporter that keeps it here: `memory`, `sqlite` or `both`, and leave `enabled` on.',
    (d) => `${d.what} are not kept by this engine: \`${d.option}\` of modules::observability::OtelModule sends them elsewhere or is off.`,
  ),
  TRACE_NOT_FOUND: entry<{ readonly traceId: string }>(404, 'It was never recorded (sampling), or had to make room (`memory_max_bytes`, retention).', (d) => `Nothing is kept of trace ${d.traceId}.`),
  ALERT_UNKNOWN_METRIC: entry<{ readonly alert: string; readonly metric: string; readonly nearest: readonly string[] }>(
    400,
    'Name a metric that `engine::metrics::list` shows.',
    (d) => `Alert "${d.alert}" watches ${d.metric}, which nobody has measured so far${d.nearest.length === 0 ? '' : `; near it are ${d.nearest.join(', ')}`}.`,
  ),
  WEBHOOK_REFUSED: entry<{ readonly host: string; readonly reason: string }>(
    403,
    'Send alerts to a public address, or list the host under `alert_webhooks.allowed_hosts`.',
    (d) => `The webhook on ${d.host} is not called: ${d.reason}.`,
  ),
  WEBHOOK_FAILED: entry<{ readonly host: string; readonly reason: string }>(502, 'Check the receiver; the alert is sent again when it fires again.', (d) => `The webhook on ${d.host} did not take the alert: ${d.reason}.`, true),
  EXPORT_FAILED: entry<{ readonly endpoint: string; readonly reason: string; readonly isRetryable: boolean; readonly retryAfterMs?: number }>(
    502,
    'Check that a collector listens at `endpoint` and takes the protocol.',
    (d) => `The collector at ${d.endpoint} did not take what was sent: ${d.reason}.`,
    true,
  ),
  GRPC_MISSING: entry<{ readonly packages: readonly string[] }>(
    500,
    'Install them, or set `protocol: http/protobuf` and the HTTP port of the collector (4318).',
    (d) => `\`protocol: grpc\` needs packages that are not installed: npm install ${d.packages.join(' ')}.`,
  ),
  STORAGE_FAILED: entry<{ readonly file: string; readonly reason: string }>(500, 'Check the folder `data_dir` and its space. What was recorded meanwhile is lost; requests are not affected.', (d) => `Telemetry cannot be kept in ${d.file}: ${d.reason}.`, true),
});
