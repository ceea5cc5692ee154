import { nextTurn } from '@motia/engine-core';
import type { StoreHandle } from '@motia/engine-core/contract';
import type { LogData } from '../logs/log-data.js';
import { logPlaces, matchAt } from '../logs/log-ring.js';
import type { OtelProgram } from '../store-program.js';
import { logContains } from './list-logs.js';
import type { LogPage, LogQuery, LogStore, NumberedLog } from './log-store.js';

export interface SqliteLogsParts {
  readonly handle: StoreHandle<OtelProgram>;
  readonly retentionMs: number;
  readonly now: () => number;
  /** Resolves when everything that was written can be found. */
  readonly flush: () => Promise<void>;
  readonly evicted: () => number;
}

/** Places of a piece: a record's number is that of its piece times this, plus its place in it. */
const placesPerPiece = 65_536;

/** Log records in `telemetry.db`. */
export class SqliteLogs implements LogStore {
  readonly #parts: SqliteLogsParts;

  constructor(parts: SqliteLogsParts) {
    this.#parts = parts;
  }

  get held(): LogStore['held'] {
    const { logs, logBytes } = this.#parts.handle.query('held', null);
    return { records: logs, bytes: logBytes, evicted: this.#parts.evicted() };
  }

  async list({ search, offset, limit, beforeRecord, afterRecord, ...rest }: LogQuery): Promise<LogPage> {
    const { handle, retentionMs, now, flush } = this.#parts;
    await flush();
    const filter = { ...rest, observedFromMs: now() - retentionMs, ...(search === undefined ? {} : { matches: (log: LogData) => logContains(log, search) }) };
    const traceId = filter.traceId === undefined ? undefined : Buffer.from(filter.traceId, 'hex');
    const logs: NumberedLog[] = [];
    let total = 0;
    let passed = 0;
    let older = 0;
    let newestRecord: number | undefined;
    let oldestPiece: number | undefined;
    let after = afterRecord;
    for (let piece = handle.query('logsBefore', Number.MAX_SAFE_INTEGER); piece !== undefined; piece = handle.query('logsBefore', piece.id)) {
      const { body } = piece;
      const bytes = { bytes: body, view: new DataView(body.buffer, body.byteOffset, body.byteLength) };
      const places = logPlaces(bytes, body.byteLength);
      newestRecord ??= piece.id * placesPerPiece + places.length - 1;
      // Numbers begin anew when everything was cleared.
      if (after !== undefined && after > newestRecord) after = undefined;
      oldestPiece = piece.id;
      if (after !== undefined && piece.id < Math.floor(after / placesPerPiece)) break;
      for (let index = places.length - 1; index >= 0; index -= 1) {
        const record = piece.id * placesPerPiece + index;
        if (after !== undefined && record <= after) break;
        const load = matchAt(bytes, places[index] as number, filter, traceId);
        if (load === undefined) continue;
        total += 1;
        if (beforeRecord !== undefined ? record >= beforeRecord : (passed += 1) <= offset) continue;
        if (logs.length < limit) logs.push({ record, log: load() });
        else older += 1;
      }
      await nextTurn();
    }
    // Pieces go whole: how much was in one that has gone is not known any more.
    const isMissed = after !== undefined && oldestPiece !== undefined && oldestPiece > Math.floor(after / placesPerPiece);
    return { logs, total, older, newestRecord, missed: isMissed ? 1 : 0 };
  }

  async clear(): Promise<void> {
    await this.#parts.flush();
    await this.#parts.handle.run('clearLogs', null);
  }

  evict(): void {
    // With every write.
  }
}
