import { isMotiaError, messageOf, type HealthReporter, type MotiaError, type PluginContext } from '@motia/engine-core/contract';
import { otelErrors } from './errors.js';
import { LogIntake } from './logs/log-intake.js';
import { LogRing } from './logs/log-ring.js';
import { Metrics } from './metrics/metrics.js';
import type { OtelOptions } from './options.js';
import { OtlpIntake } from './otlp/otlp-intake.js';
import { Recorder } from './record/recorder.js';
import { SpanEncoder } from './record/span-encoder.js';
import { SpanLog } from './record/span-log.js';
import { StringTable } from './record/string-table.js';
import { Redactor } from './redaction/redactor.js';
import { Sampler } from './sampling/sampler.js';
import type { Settings } from './settings.js';
import type { LogStore } from './storage/log-store.js';
import { MemoryLogs } from './storage/memory-logs.js';
import { MemoryTraces } from './storage/memory-traces.js';
import { SpanSnapshots } from './storage/snapshot-span.js';
import { ModuleSource } from './storage/module-source.js';
import { TelemetryStorageSlot, type OpenStorage, type TelemetryStorage } from './storage/storage-slot.js';
import type { TraceStore } from './storage/trace-store.js';

/** Everything that takes telemetry in and keeps it. */
export interface Recording {
  readonly redactor: Redactor;
  readonly sampler: Sampler;
  readonly recorder: Recorder;
  readonly spans: SpanLog;
  readonly logs: LogRing;
  readonly logIntake: LogIntake;
  /** Undefined when nothing is measured. */
  readonly metrics: Metrics | undefined;
  readonly numbers: Metrics;
  readonly otlp: OtlpIntake;
  /** Undefined when it is not kept here, and before `start`. */
  readonly traceStore: TraceStore | undefined;
  readonly logStore: LogStore | undefined;
  /** Outside the memory; undefined without, and before `start`. */
  readonly storage: OpenStorage | undefined;
  /** Why nothing is kept outside the memory although it should be. */
  readonly failure: MotiaError | undefined;
  /** @throws `MOTIA_STORE_OWNED` */
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** Memory for what is only on its way: to a collector, or to disk. */
const passingBytes = 16 * 1024 * 1024;
const passingLogBytes = 4 * 1024 * 1024;
const mostOpenSpans = 100_000;
const longestMessage = 16_384;
const longestFields = 32_768;

export async function recordingOf(ctx: PluginContext, options: OtelOptions, settings: Settings, health: HealthReporter): Promise<Recording> {
  const { clock, logger } = ctx;
  const redactor = new Redactor(options.redact_keys);
  const sampler = new Sampler(settings.sampling, () => clock.monotonicMs());
  const encoder = new SpanEncoder(new StringTable(), redactor, options.max_attribute_length);
  const isKept = settings.traces.kept === 'memory';
  const spans = new SpanLog(encoder, { maxBytes: isKept ? options.memory_max_bytes : Math.min(passingBytes, options.memory_max_bytes), maxSpans: options.memory_max_spans });
  const recorder = new Recorder({ clock, sampler, log: spans, maxOpenSpans: mostOpenSpans, maxSpansPerTrace: options.max_spans_per_trace, slowMs: options.slow_trace_ms });
  const logsAreKept = settings.logs.kept === 'memory';
  const logs = new LogRing({ maxCount: logsAreKept ? options.logs_max_count : Math.max(options.logs_max_count, 10_000), maxBytes: logsAreKept ? options.logs_max_bytes : Math.min(passingLogBytes, options.logs_max_bytes) });
  const logIntake = new LogIntake({ clock, redactor, level: settings.level, samplingRatio: options.logs_sampling_ratio, maxFieldsLength: longestFields, maxMessageLength: longestMessage, random: Math.random });
  if (settings.logs.kept !== undefined || settings.logs.otlp || options.adapters.length > 0) logIntake.onLog((log) => logs.append(log));
  const numbers = new Metrics({ clock, retentionMs: options.metrics_retention_seconds * 1000, maxPoints: options.metrics_max_count });
  const metrics = options.metrics_enabled ? numbers : undefined;
  const otlp = new OtlpIntake({
    clock, recorder, logs: ctx.logs, metrics: numbers.sdk, redactor,
    takes: { traces: true, metrics: options.metrics_enabled, logs: options.logs_enabled },
    nameOf: (workerId) => ctx.workers.list().find(({ id }) => id === workerId)?.name ?? workerId,
  });
  const now = (): number => clock.now();
  const traceStore = isKept
    ? new MemoryTraces({ log: spans, recorder, snapshots: new SpanSnapshots(encoder), serviceName: settings.serviceName, slowMs: options.slow_trace_ms, retentionMs: options.traces_retention_seconds * 1000, now })
    : undefined;
  const logStore = logsAreKept ? new MemoryLogs(logs, options.logs_retention_seconds * 1000, now) : undefined;
  const isStored = settings.isEnabled && [settings.traces, settings.logs, settings.metrics].some(({ kept }) => kept === 'storage');
  const adapter = isStored ? await adapterOf(ctx, options) : undefined;
  const source = new ModuleSource({ options, settings, recorder, spans, logs, rollups: numbers.rollups });
  let storage: OpenStorage | undefined;
  let failure: MotiaError | undefined;
  return {
    redactor, sampler, recorder, spans, logs, logIntake, metrics, numbers, otlp,
    get storage() {
      return storage;
    },
    get failure() {
      return failure;
    },
    get traceStore() {
      return traceStore ?? storage?.traces;
    },
    get logStore() {
      return logStore ?? storage?.logs;
    },
    async start() {
      try {
        storage = await adapter?.open(source);
      } catch (error) {
        // Somebody else is at work in this folder: that is for the user to decide. A broken file costs its content, not the app.
        if (isMotiaError(error, 'MOTIA_STORE_OWNED')) throw error;
        failure = otelErrors.STORAGE_FAILED({ file: options.adapter?.class ?? `${options.data_dir}/telemetry.db`, reason: messageOf(error) }, error);
        health.set('degraded', failure.message);
        logger.error(failure.message, { code: failure.code, hint: failure.hint });
      }
    },
    stop: async () => storage?.stop(),
  };
}

async function adapterOf(ctx: PluginContext, { adapter, data_dir: directory }: OtelOptions): Promise<TelemetryStorage> {
  const { class: path, config } = adapter ?? { class: TelemetryStorageSlot.fallback, config: { directory } };
  return (await ctx.adapter(TelemetryStorageSlot, { class: path, ...(config === undefined ? {} : { config }) })).service;
}
