import type { Lifecycle, PluginContext, Registration, SecretRules, TelemetrySink, Timer } from '@motia/engine-core/contract';
import { Alerts } from './alerts/alerts.js';
import type { OtelService } from './api/otel-service.js';
import { tracerProvider } from './api/tracer-provider.js';
import { Exports } from './exports.js';
import { loadDestinations } from './destinations.js';
import type { FunctionContext } from './functions/context.js';
import { registerLogFunctions } from './functions/log-functions.js';
import { registerMetricFunctions } from './functions/metric-functions.js';
import { registerSmallFunctions } from './functions/small-functions.js';
import { registerTraceFunctions } from './functions/trace-functions.js';
import { LogTriggers } from './logs/log-triggers.js';
import type { MetricPoint } from './metrics/metric-data.js';
import { invocationDuration } from './metrics/metric-names.js';
import { measureLosses } from './metrics/loss-gauges.js';
import { measureProcess } from './metrics/process-gauges.js';
import { WorkerGauges } from './metrics/worker-gauges.js';
import type { OtelOptions } from './options.js';
import { recordingOf } from './recording.js';
import { OwnSecretRules } from './redaction/secret-rules.js';
import { Rounds } from './rounds.js';
import { settingsOf, type Places } from './settings.js';
import { Sink } from './telemetry-sink.js';
import { telemetryLosses, telemetryStats } from './telemetry-stats.js';

/** How often a full batch for an exporter is looked for. */
const nudgeMs = 100;
/** Rounds until everything that is measured all the time has been. */
const firstRounds = 3;

type Created = Lifecycle & { readonly services: { readonly sink: TelemetrySink; readonly otel: OtelService; readonly secrets: SecretRules } };

/** Wires the module. Nothing runs before `start`. */
export async function createOtel(ctx: PluginContext, options: OtelOptions): Promise<Created> {
  const { clock, logger, functions, triggers, workers, health } = ctx;
  const settings = settingsOf(options, ctx.environment);
  const parts = { spans: health.part('spans'), logs: health.part('logs'), metrics: health.part('metrics') };
  const recording = await recordingOf(ctx, options, settings, health);
  const { recorder, sampler, spans, logs, logIntake, metrics, otlp } = recording;
  const destinations = settings.isEnabled ? await loadDestinations(ctx, options, settings) : [];
  const exports = new Exports(destinations, { clock, logger, options, settings, spans, logs, metrics, health: parts });
  const alerts = new Alerts(metrics === undefined ? [] : options.alerts, {
    clock, logger, functions, metrics: recording.numbers,
    webhook: { allowedHosts: options.alert_webhooks.allowed_hosts, timeoutMs: options.alert_webhooks.timeout_ms },
  });
  const logTriggers = new LogTriggers({ triggers, logger, resource: settings.resource });
  logIntake.onLog((log, writerTraceId) => logTriggers.take(log, writerTraceId));
  const provider = settings.isEnabled ? tracerProvider({ recorder, sampler, resource: settings.resource }) : undefined;
  const sink = new Sink({ settings, recorder, meter: metrics?.meter, logs: logIntake, otlp });
  const context: FunctionContext = {
    clock, functions, settings, alerts, sampler,
    metrics: settings.isEnabled ? metrics : undefined,
    get traces() {
      return kept(settings.traces.kept, recording.traceStore);
    },
    get logs() {
      return kept(settings.logs.kept, recording.logStore);
    },
    stats: () => telemetryStats({ recording, exports, logTriggers, settings }),
  };
  let registrations: Registration[] = [];
  let nudges: Timer | undefined;
  let gauges: readonly { dispose(): void }[] = [];
  let count = 0;
  let recorded = 0;
  let points: readonly MetricPoint[] = [];

  /** @throws `MOTIA_OTEL_STORAGE_FAILED` */
  function kept<T>(where: Places['kept'], store: T | undefined): T | undefined {
    if (recording.failure !== undefined && where === 'storage') throw recording.failure;
    return settings.isEnabled ? store : undefined;
  }

  const rounds = new Rounds({
    clock, logger,
    chores: {
      clock: () => recorder.adjustTime(),
      traces: () => recording.traceStore?.evict(),
      logs: () => recording.logStore?.evict(),
      storage: () => recording.storage?.round?.(),
      metrics: () => (points = metrics?.look() ?? []),
      alerts: () => {
        count += 1;
        alerts.evaluate();
        if (count === firstRounds) for (const problem of alerts.unknown()) logger.warn(problem);
      },
    },
    isBusy() {
      const before = recorded;
      recorded = spans.main.written + logs.written;
      // Calls, sampled or not. Other durations may be those of keeping what is measured, which would never come to an end.
      return recorded !== before || alerts.size > 0 || points.some(({ metric }) => metric === invocationDuration);
    },
  });

  return {
    services: { sink, secrets: new OwnSecretRules(recording.redactor), otel: { tracerProvider: provider, metrics: () => recording.numbers.collect() } },
    async start() {
      registrations = [registerTraceFunctions, registerLogFunctions, registerMetricFunctions, registerSmallFunctions].flatMap((register) => [...register(context)]);
      registrations.push(await triggers.registerType(logTriggers.definition));
      if (!settings.isEnabled) return;
      await recording.start();
      if (metrics !== undefined) gauges = [measureProcess(metrics.meter, clock), new WorkerGauges(metrics.meter, workers), measureLosses(metrics.meter, () => telemetryLosses({ recording, exports, logTriggers }))];
      exports.start();
      rounds.start();
      if (exports.size > 0) nudges = clock.setInterval(() => exports.nudge(), nudgeMs);
    },
    async stop() {
      rounds.stop();
      clock.clear(nudges);
      logTriggers.stop();
      alerts.stop();
      for (const gauge of gauges) gauge.dispose();
      gauges = [];
      await exports.stop();
      await recording.stop();
      await provider?.shutdown();
      for (const registration of registrations) registration.dispose();
      registrations = [];
    },
  };
}
