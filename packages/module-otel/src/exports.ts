import type { Clock, HealthReporter, Logger } from '@motia/engine-core/contract';
import { ExportPump, type Pump, type PumpBatch, type PumpCounters } from './export/export-pump.js';
import type { ExporterCapability, TelemetryExporter } from './export/exporter-slot.js';
import { SharedHealth } from './export/shared-health.js';
import { takeSpans, type SpanBatch } from './export/span-batch.js';
import type { LogData } from './logs/log-data.js';
import type { LogRing } from './logs/log-ring.js';
import type { MetricData } from './metrics/metric-data.js';
import type { Metrics } from './metrics/metrics.js';
import type { OtelOptions } from './options.js';
import type { SpanLog } from './record/span-log.js';
import type { Settings } from './settings.js';

export interface ExportsParts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly options: OtelOptions;
  readonly settings: Settings;
  readonly spans: SpanLog;
  readonly logs: LogRing;
  readonly metrics: Metrics | undefined;
  readonly health: { readonly spans: HealthReporter; readonly logs: HealthReporter; readonly metrics: HealthReporter };
}

/** One exporter and what it is given. */
export interface Destination {
  readonly exporter: TelemetryExporter;
  readonly gets: ReadonlySet<ExporterCapability>;
}

const spanBatch = 512;
/** How long the last batches may take when the engine stops. */
const lastFlushMs = 3_000;

/** A snapshot of all metrics is one thing to send: the newest counts, older ones are in it. */
interface MetricsSnapshot {
  readonly items: readonly MetricData[];
  readonly timeMs: number;
}

/** Everything that leaves the engine: one pump per exporter and signal. */
export class Exports {
  readonly #pumps: readonly { readonly name: string; readonly pump: Pump }[];

  constructor(destinations: readonly Destination[], parts: ExportsParts) {
    const { spans, logs, metrics } = parts.health;
    const health = { spans: new SharedHealth(spans), logs: new SharedHealth(logs), metrics: new SharedHealth(metrics) };
    this.#pumps = destinations.flatMap((destination) => this.#pumpsOf(destination, { ...parts, health }));
  }

  get size(): number {
    return this.#pumps.length;
  }

  /** By destination and signal. */
  counters(): Readonly<Record<string, PumpCounters>> {
    return Object.fromEntries(this.#pumps.map(({ name, pump }) => [name, pump.counters]));
  }

  start(): void {
    for (const { pump } of this.#pumps) pump.start();
  }

  /** Something was recorded. */
  nudge(): void {
    for (const { pump } of this.#pumps) pump.nudge();
  }

  async stop(): Promise<void> {
    await Promise.all(this.#pumps.map(({ pump }) => pump.stop(lastFlushMs)));
  }

  #pumpsOf({ exporter, gets }: Destination, { clock, logger, options, settings, spans, logs, metrics, health }: Omit<ExportsParts, 'health'> & { readonly health: Readonly<Record<'spans' | 'logs' | 'metrics', SharedHealth>> }): { name: string; pump: Pump }[] {
    const { resource } = settings;
    const { destination } = exporter;
    const common = { clock, logger, destination, timeoutMs: options.export_timeout_ms };
    const onHealth = (reports: SharedHealth) => (reason: string | undefined) => reports.set(destination, reason);
    const made: { name: string; pump: Pump }[] = [];
    const add = (name: string, pump: Pump): void => void made.push({ name: `${destination} ${name}`, pump });
    if (gets.has('traces')) {
      const source = { written: () => spans.main.written, read: (from: number, most: number) => takeSpans(spans, resource, from, most) };
      add('traces', new ExportPump<SpanBatch>({ ...common, what: 'spans', source, batchSize: spanBatch, intervalMs: options.export_interval_ms, send: (batch, signal) => exporter.traces(batch, signal), onHealth: onHealth(health.spans) }));
    }
    if (gets.has('logs')) {
      const source = { written: () => logs.written, read: (from: number, most: number) => readLogs(logs, from, most) };
      add('logs', new ExportPump<readonly LogData[]>({ ...common, what: 'log records', source, batchSize: options.logs_batch_size, intervalMs: options.logs_flush_interval_ms, send: (items, signal) => exporter.logs({ items, resource }, signal), onHealth: onHealth(health.logs) }));
    }
    if (gets.has('metrics') && metrics !== undefined) {
      const startMs = clock.now();
      let written = 0;
      const source = {
        // There is always something to tell, once per interval.
        written: () => written,
        read: () => ({ batch: { items: metrics.collect(), timeMs: clock.now() }, count: 1, next: written, missed: 0 }),
      };
      add('metrics', new ExportPump<MetricsSnapshot>({
        ...common, what: 'metrics', source, batchSize: Number.MAX_SAFE_INTEGER, intervalMs: options.metrics_export_interval_ms,
        send: (snapshot, signal) => exporter.metrics({ ...snapshot, resource, startMs }, signal),
        onHealth: onHealth(health.metrics),
        beforeRun: () => void (written += 1),
      }));
    }
    return made;
  }
}

function readLogs(ring: LogRing, from: number, most: number): PumpBatch<readonly LogData[]> {
  const { logs, next, missed } = ring.read(from, most);
  return { batch: logs, count: logs.length, next, missed };
}
