import type { Exports } from './exports.js';
import type { LogTriggers } from './logs/log-triggers.js';
import type { Recording } from './recording.js';
import type { Settings } from './settings.js';
import type { OpenStorage } from './storage/storage-slot.js';

export interface StatsParts {
  readonly recording: Recording;
  readonly exports: Exports;
  readonly logTriggers: LogTriggers;
  readonly settings: Settings;
}

/** What telemetry itself holds, sent and dropped. */
export function telemetryStats({ recording, exports, logTriggers, settings }: StatsParts): Readonly<Record<string, unknown>> {
  const { recorder, spans, sampler, logIntake, logs, otlp, metrics, traceStore, logStore } = recording;
  const nameOf = (kept: Settings['traces']['kept']): string | null => (kept === 'storage' ? settings.storageName : (kept ?? null));
  return {
    enabled: settings.isEnabled,
    kept: { traces: nameOf(settings.traces.kept), logs: nameOf(settings.logs.kept), metrics: nameOf(settings.metrics.kept) },
    spans: { recorded: spans.main.written, open: recorder.open.size, abandoned: recorder.open.abandoned, held: traceStore?.held.spans ?? 0, bytes: traceStore?.held.bytes ?? spans.bytes, evicted: traceStore?.held.evictedSpans ?? 0, omitted: recorder.omittedSpans, ...sampler.counters },
    logs: { recorded: logIntake.taken, sampled_out: logIntake.sampledOut, held: logStore?.held.records ?? 0, bytes: logStore?.held.bytes ?? logs.bytes, evicted: logStore?.held.evicted ?? 0, trigger_dropped: logTriggers.dropped },
    metrics: { points: metrics?.points.size ?? 0, dropped_points: metrics?.points.dropped ?? 0, rollup_windows: metrics?.rollups.size ?? 0 },
    ...(recording.storage === undefined ? {} : { storage: storageStats(recording.storage) }),
    otlp_in: otlp.counters,
    exports: exports.counters(),
  };
}

function storageStats({ counters: { droppedSpans, droppedLogs, openWritten } }: OpenStorage): Readonly<Record<string, number>> {
  return { dropped_spans: droppedSpans, dropped_logs: droppedLogs, open_spans: openWritten };
}

/** What was lost since the start, by where. */
export function telemetryLosses({ recording: { storage, metrics }, exports, logTriggers }: Pick<StatsParts, 'recording' | 'exports' | 'logTriggers'>): ReadonlyMap<string, number> {
  return new Map([
    ...(storage === undefined ? [] : ([['storage traces', storage.counters.droppedSpans], ['storage logs', storage.counters.droppedLogs]] as const)),
    ...Object.entries(exports.counters()).map(([name, { dropped }]) => [name, dropped] as const),
    ['log triggers', logTriggers.dropped],
    ['measurements', metrics?.points.dropped ?? 0],
  ]);
}
