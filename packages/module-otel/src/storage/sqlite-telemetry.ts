import { randomHex } from '@motia/engine-core';
import { isMotiaError, messageOf, type Clock, type HealthReporter, type Logger, type StoreHandle, type StoreService, type Timer } from '@motia/engine-core/contract';
import { rollupLevels } from '../metrics/rollups.js';
import { RingCursor, type TakenBytes } from '../record/chunk-ring.js';
import type { SpanRecord } from '../record/span-record.js';
import { storeProgram, type OtelProgram } from '../store-program.js';
import { RunStrings } from './run-strings.js';
import { SpanSnapshots } from './snapshot-span.js';
import { SqliteLogs } from './sqlite-logs.js';
import { SqliteTraces } from './sqlite-traces.js';
import type { OwnRecords } from './module-source.js';
import type { OpenStorage } from './storage-slot.js';

export interface SqliteTelemetryParts extends OwnRecords {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly health: HealthReporter;
  readonly store: StoreService;
}

/** How often what was recorded is handed to the writer. */
const flushMs = 250;
/** How often an engine with open spans says that it is there: they end then if it is killed. */
const seenEveryMs = 1_000;
/** How often what is too old is looked for while nothing is written, at least. */
const longestSweepMs = 60_000;
/** A span that is open for so long is written down as open. */
const openAfterMs = 200;
const mostOpenWritten = 10_000;
const bytesPerWrite = 4 * 1024 * 1024;

/** Writes everything into `telemetry.db`, a slice at a time, in the store's own thread. While that is slow, what has to make room is counted as dropped. */
export class SqliteTelemetry implements OpenStorage {
  droppedSpans = 0;
  droppedLogs = 0;
  evictedSpans = 0;
  evictedLogs = 0;
  traces: SqliteTraces | undefined;
  logs: SqliteLogs | undefined;
  readonly #parts: SqliteTelemetryParts;
  readonly #snapshots: SpanSnapshots;
  readonly #run = randomHex(16);
  readonly #spanCursor: RingCursor;
  readonly #logCursor: RingCursor;
  readonly #writtenOpen = new Set<SpanRecord>();
  #handle: StoreHandle<OtelProgram> | undefined;
  #strings = 0;
  #rolledUpMs = 0;
  #rolledUpPoints = 0;
  /** On the monotonic scale. */
  #wroteAtMs = 0;
  #timer: Timer | undefined;
  #writing: Promise<void> | undefined;
  #isFailing = false;

  constructor(parts: SqliteTelemetryParts) {
    this.#parts = parts;
    this.#snapshots = new SpanSnapshots(parts.spans.encoder);
    this.#spanCursor = new RingCursor(parts.spans.main);
    this.#logCursor = parts.logs.cursor();
  }

  get counters(): OpenStorage['counters'] {
    return { droppedSpans: this.droppedSpans, droppedLogs: this.droppedLogs, openWritten: this.#writtenOpen.size };
  }

  /** @throws what the store says when the file cannot be used */
  async start(): Promise<void> {
    const { store, clock, options, settings, recorder, rollups, logger } = this.#parts;
    const handle = await store.open(storeProgram);
    this.#handle = handle;
    const interrupted = await this.#interrupt(handle);
    if (interrupted > 0) logger.info('Spans that were open when the engine died are marked as interrupted', { spans: interrupted });
    if (settings.metrics.kept === 'storage') rollups.restore(handle.query('rollups', null).map(({ body }) => JSON.parse(body) as never));
    const flush = (): Promise<void> => this.flush();
    const now = (): number => clock.now();
    if (settings.traces.kept === 'storage') {
      this.traces = new SqliteTraces({
        handle, recorder, flush, now, run: this.#run, engineId: store.engineId, snapshots: this.#snapshots, serviceName: settings.serviceName, slowMs: options.slow_trace_ms,
        strings: new RunStrings(handle, { run: this.#run, strings: this.#parts.spans.encoder.strings }), evicted: () => this.evictedSpans,
      });
    }
    if (settings.logs.kept === 'storage') this.logs = new SqliteLogs({ handle, flush, now, retentionMs: options.logs_retention_seconds * 1000, evicted: () => this.evictedLogs });
    this.#timer = clock.setInterval(() => void this.#write(), flushMs);
  }

  /** Resolves when everything that was recorded before has been handed to the file, or could not be. */
  async flush(): Promise<void> {
    // What is under way began before some of it.
    await this.#writing;
    do await this.#write();
    while (this.#spanCursor.waiting > 0 && !this.#isFailing);
  }

  /** Spans that dead engines left open: another engine may have died beside this one. */
  round(): void {
    if (this.#handle !== undefined && this.#parts.store.isShared) this.#interrupt(this.#handle).catch(() => undefined);
  }

  async stop(): Promise<void> {
    this.#parts.clock.clear(this.#timer);
    if (this.#handle === undefined) return;
    await this.flush();
    this.#handle = undefined;
  }

  /** @returns how many spans of engines that are gone were open */
  async #interrupt(handle: StoreHandle<OtelProgram>): Promise<number> {
    const { store, options } = this.#parts;
    const gone = handle.query('engines', null).map(({ id }) => id).filter((id) => store.isGone(id));
    return gone.length === 0 ? 0 : handle.run('interrupt', { gone, slowMs: options.slow_trace_ms });
  }

  #write(): Promise<void> {
    this.#writing ??= this.#writeOnce().finally(() => (this.#writing = undefined));
    return this.#writing;
  }

  /** Nobody waits for it who could be told: whatever goes wrong is counted and said here. */
  async #writeOnce(): Promise<void> {
    const { settings } = this.#parts;
    const handle = this.#handle;
    if (handle === undefined) return;
    const taken = { spans: this.#spanCursor.take(bytesPerWrite), logs: this.#logCursor.take(bytesPerWrite) };
    const keepsSpans = settings.traces.kept === 'storage';
    const keepsLogs = settings.logs.kept === 'storage';
    if (keepsSpans) this.droppedSpans += taken.spans.missed;
    if (keepsLogs) this.droppedLogs += taken.logs.missed;
    try {
      await this.#writeTaken(handle, { spans: keepsSpans ? taken.spans.pieces : undefined, logs: keepsLogs ? taken.logs.pieces : [] });
    } catch (error) {
      if (keepsSpans) this.droppedSpans += recordsOf(taken.spans);
      if (keepsLogs) this.droppedLogs += recordsOf(taken.logs);
      this.#failed(error);
    }
  }

  /** `spans`: undefined where they are not kept here. */
  async #writeTaken(handle: StoreHandle<OtelProgram>, { spans, logs }: { readonly spans: TakenBytes['pieces'] | undefined; readonly logs: TakenBytes['pieces'] }): Promise<void> {
    const { settings, options, clock, spans: { encoder } } = this.#parts;
    const nowMs = clock.now();
    const { opened, ended } = spans === undefined ? { opened: [], ended: [] } : this.#openSpans(nowMs);
    // It may name texts that are new.
    const openedBodies = opened.map((span) => this.#snapshots.bytes(span));
    const firstString = this.#strings;
    const texts = encoder.strings.since(firstString);
    const rollups = settings.metrics.kept === 'storage' ? this.#rollups() : [];
    const hasNews = (spans ?? []).length + logs.length + opened.length + ended.length + texts.length + rollups.length > 0;
    const isAtWork = this.#writtenOpen.size > 0;
    if (!hasNews && !this.#isFailing && clock.monotonicMs() - this.#wroteAtMs < (isAtWork ? seenEveryMs : this.#sweepEveryMs)) return;
    this.#wroteAtMs = clock.monotonicMs();
    const { evictedSpans, evictedLogs } = await handle.run('write', {
      run: this.#run,
      isSweep: !hasNews && !isAtWork && !this.#isFailing,
      strings: { first: firstString, texts },
      spans: (spans ?? []).map(({ body }) => body),
      opened: openedBodies, ended: ended.map(({ context }) => Buffer.from(context.traceparent.slice(36, 52), 'hex')),
      logs: { pieces: logs, maxRecords: options.logs_max_count, maxBytes: options.logs_max_bytes, ...ageLimits(nowMs, options.logs_retention_seconds) },
      rollups,
      rollupsBefore: rollupLevels.map(({ windowMs, keptMs }) => nowMs - keptMs - windowMs),
      limits: { maxBytes: options.sqlite_max_bytes, slowMs: options.slow_trace_ms, ...ageLimits(nowMs, options.traces_retention_seconds) },
    });
    this.#strings = firstString + texts.length;
    for (const span of opened) this.#writtenOpen.add(span);
    for (const span of ended) this.#writtenOpen.delete(span);
    this.evictedSpans += evictedSpans;
    this.evictedLogs += evictedLogs;
    this.#succeeded();
  }

  /** Spans to be written down as open, and those that were and have ended. */
  #openSpans(nowMs: number): { readonly opened: readonly SpanRecord[]; readonly ended: readonly SpanRecord[] } {
    const ended = [...this.#writtenOpen].filter(({ isOpen }) => !isOpen);
    const opened: SpanRecord[] = [];
    let room = mostOpenWritten - this.#writtenOpen.size + ended.length;
    for (const span of this.#parts.recorder.open) {
      if (room <= 0) break;
      if (nowMs - span.startMs < openAfterMs || this.#writtenOpen.has(span)) continue;
      opened.push(span);
      room -= 1;
    }
    return { opened, ended };
  }

  /** Windows that may have changed since the last time. */
  #rollups(): { readonly level: number; readonly startMs: number; readonly series: string; readonly body: string }[] {
    const { rollups, clock } = this.#parts;
    const nowMs = clock.now();
    if (rollups.points === this.#rolledUpPoints || (nowMs - this.#rolledUpMs < rollupEveryMs && nowMs >= this.#rolledUpMs)) return [];
    const since = this.#rolledUpMs;
    this.#rolledUpMs = nowMs;
    this.#rolledUpPoints = rollups.points;
    return rollupLevels.flatMap((_, level) =>
      rollups.list({ level, fromMs: since === 0 ? nowMs - rollupEveryMs : since - rollupEveryMs }).map((window) => ({ level, startMs: window.startMs, series: JSON.stringify([window.metric, window.attributes]), body: JSON.stringify(window) })),
    );
  }

  get #sweepEveryMs(): number {
    const { traces_retention_seconds: traces, logs_retention_seconds: logs } = this.#parts.options;
    return Math.min(longestSweepMs, (Math.min(traces, logs) * 1000) / retentionParts);
  }

  #succeeded(): void {
    if (!this.#isFailing) return;
    this.#isFailing = false;
    this.#parts.health.set('healthy');
    this.#parts.logger.info('Telemetry is kept again', { droppedSpans: this.droppedSpans, droppedLogs: this.droppedLogs });
  }

  #failed(error: unknown): void {
    const reason = messageOf(error);
    this.#parts.health.set('degraded', `${reason} (${String(this.droppedSpans)} spans and ${String(this.droppedLogs)} log records lost so far)`);
    // Said once: while it goes on failing, health and counters tell.
    if (!this.#isFailing) this.#parts.logger.warn('Telemetry cannot be written to its file; requests are not affected', { reason, ...(isMotiaError(error) ? { code: error.code } : {}) });
    this.#isFailing = true;
  }
}

const rollupEveryMs = 10_000;
/** Nothing is held for longer than meant by more than one of them. */
const retentionParts = 16;

/** Pieces go whole: one that takes records of a sixteenth of the time holds none of them for more than that sixteenth too long. */
function ageLimits(nowMs: number, retentionSeconds: number): { readonly beforeMs: number; readonly pieceMs: number } {
  const retentionMs = retentionSeconds * 1000;
  return { beforeMs: nowMs - retentionMs, pieceMs: retentionMs / retentionParts };
}

function recordsOf({ pieces }: TakenBytes): number {
  return pieces.reduce((sum, { records }) => sum + records, 0);
}
