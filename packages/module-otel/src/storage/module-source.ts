import type { LogRing } from '../logs/log-ring.js';
import { rollupLevels, type RollupWindow, type Rollups } from '../metrics/rollups.js';
import type { OtelOptions } from '../options.js';
import type { Recorder } from '../record/recorder.js';
import type { SpanData } from '../record/span-data.js';
import { decodeSpan } from '../record/span-decoder.js';
import type { SpanLog } from '../record/span-log.js';
import type { Settings } from '../settings.js';
import type { LogData } from '../logs/log-data.js';
import { SpanSnapshots } from './snapshot-span.js';
import type { StorageLimits, Taken, TelemetrySource } from './storage-slot.js';

/** The recorded in the module's own form, for its own storage: its bytes are written as they are. */
export interface OwnRecords {
  readonly options: OtelOptions;
  readonly settings: Settings;
  readonly recorder: Recorder;
  readonly spans: SpanLog;
  readonly logs: LogRing;
  readonly rollups: Rollups;
}

/** By a name that all copies of this package share: the module and its storage may come from different ones. */
const ownRecords = Symbol.for('@motia/module-otel/own-records');

/** What the module has recorded, for a storage. */
export class ModuleSource implements TelemetrySource {
  readonly keeps: TelemetrySource['keeps'];
  readonly limits: StorageLimits;
  readonly serviceName: string;
  readonly #own: OwnRecords;
  readonly #snapshots: SpanSnapshots;
  #span: number;
  #log: number;

  constructor(own: OwnRecords) {
    const { options, settings, spans, logs } = own;
    this.#own = own;
    this.#snapshots = new SpanSnapshots(spans.encoder);
    this.#span = spans.main.written;
    this.#log = logs.written;
    this.serviceName = settings.serviceName;
    this.keeps = new Set((['traces', 'logs', 'metrics'] as const).filter((signal) => settings[signal].kept === 'storage'));
    this.limits = {
      slowMs: options.slow_trace_ms, tracesRetentionMs: options.traces_retention_seconds * 1000, logsRetentionMs: options.logs_retention_seconds * 1000,
      maxLogs: options.logs_max_count, maxLogBytes: options.logs_max_bytes,
    };
  }

  get [ownRecords](): OwnRecords {
    return this.#own;
  }

  takeSpans(most: number): Taken<SpanData> {
    const { spans } = this.#own;
    const items: SpanData[] = [];
    const { next, missed } = spans.main.read(this.#span, most, ({ bytes }, at) => items.push(decodeSpan(bytes, at, spans.encoder.strings)));
    this.#span = next;
    return { items, missed };
  }

  takeLogs(most: number): Taken<LogData> {
    const { logs, next, missed } = this.#own.logs.read(this.#log, most);
    this.#log = next;
    return { items: logs, missed };
  }

  openSpans(): readonly SpanData[] {
    return [...this.#own.recorder.open].map((span) => this.#snapshots.data(span));
  }

  rollups(sinceMs: number): readonly RollupWindow[] {
    return rollupLevels.flatMap((_, level) => this.#own.rollups.list({ level, fromMs: sinceMs }));
  }

  restoreRollups(windows: readonly RollupWindow[]): void {
    this.#own.rollups.restore(windows);
  }
}

/** @throws TypeError for a source that is not the module's */
export function ownRecordsOf(source: TelemetrySource): OwnRecords {
  const own = (source as { readonly [ownRecords]?: OwnRecords })[ownRecords];
  if (own === undefined) throw new TypeError('The storage in telemetry.db keeps what @motia/module-otel records, and nothing else.');
  return own;
}
