import type { Counter, HealthReporter, Histogram, Logger, Meter, MotiaError, Registration } from '@motia/engine-core/contract';
import type { CorruptRow } from '../rows/quarantine-note.js';
import type { CommitReport } from '../writer/store-writer.js';

/** Corrupt rows that are told about one by one; of further ones only the number grows. */
const toldRows = 100;

/** What a store looks like to its gauges. */
export interface WatchedStore {
  readonly file: string | undefined;
  readonly pendingCommands: number;
  /** Database and log, in bytes. */
  sizeBytes(): number;
}

export interface StoreWatchParts {
  readonly health: HealthReporter;
  readonly logger: Logger;
  readonly meter: Meter;
  readonly stores: () => readonly WatchedStore[];
}

/** Turns what happens to the stores into health, log records and numbers. */
export class StoreWatch {
  readonly #parts: StoreWatchParts;
  readonly #duration: Histogram;
  readonly #commands: Histogram;
  readonly #corrupt: Counter;
  readonly #gauges: readonly Registration[];
  readonly #seriesByFile = new Map<string | undefined, { readonly duration: Histogram; readonly commands: Histogram }>();
  /** Of which databases what cannot be written now, and what is wrong for good. */
  readonly #troubles = new Map<string | undefined, MotiaError>();
  readonly #losses = new Map<string | undefined, MotiaError>();
  readonly #corruptRows = new Set<string>();

  constructor(parts: StoreWatchParts) {
    this.#parts = parts;
    const { meter, stores } = parts;
    this.#duration = meter.histogram('iii.store.commit.duration', { unit: 'ms', description: 'From the begin to the end of a transaction, sync included.' });
    this.#commands = meter.histogram('iii.store.commit.commands', { unit: '{command}', description: 'Commands that were committed together.' });
    this.#corrupt = meter.counter('iii.store.corrupt_rows', { unit: '{row}', description: 'Rows whose checksum was wrong.' });
    const each = (read: (store: WatchedStore) => number) => () => stores().map((store) => ({ value: read(store), attributes: { store: store.file ?? 'memory' } }));
    this.#gauges = [
      meter.gauge('iii.store.pending', each(({ pendingCommands }) => pendingCommands), { unit: '{command}', description: 'Commands that wait for their commit.' }),
      meter.gauge('iii.store.size', each((store) => store.sizeBytes()), { unit: 'By', description: 'Size of the database and its log.' }),
    ];
  }

  committed(file: string | undefined, { tookMs, commands, quarantined, failure }: CommitReport): void {
    const series = this.#series(file);
    series.duration.record(tookMs);
    series.commands.record(commands);
    for (const row of quarantined) this.foundCorrupt(file, row);
    if (failure !== undefined) this.#inTrouble(file, failure);
    else if (this.#troubles.size > 0 && this.#troubles.delete(file)) {
      this.#parts.logger.info('The store can be written again', { file });
      this.#report();
    }
  }

  /** It will not be written any more. */
  lost(file: string | undefined, error: MotiaError): void {
    this.#losses.set(file, error);
    this.#log(file, error);
    this.#report();
  }

  foundCorrupt(file: string | undefined, { table, key }: CorruptRow): void {
    const name = JSON.stringify([file, table, key]);
    if (this.#corruptRows.has(name) || this.#corruptRows.size >= toldRows) return;
    this.#corruptRows.add(name);
    this.#corrupt.add(1, { store: file ?? 'memory', table });
    this.#parts.logger.error('A row of the store is not what was written; a copy is kept in store_quarantine', { file, table, key });
    this.#report();
  }

  close(): void {
    for (const gauge of this.#gauges) gauge.dispose();
  }

  #series(file: string | undefined): { readonly duration: Histogram; readonly commands: Histogram } {
    let series = this.#seriesByFile.get(file);
    if (series === undefined) {
      const attributes = { store: file ?? 'memory' };
      series = { duration: this.#duration.with(attributes), commands: this.#commands.with(attributes) };
      this.#seriesByFile.set(file, series);
    }
    return series;
  }

  #inTrouble(file: string | undefined, error: MotiaError): void {
    const isKnown = this.#troubles.get(file)?.code === error.code;
    this.#troubles.set(file, error);
    // Once, not with every change that is refused.
    if (!isKnown) this.#log(file, error);
    this.#report();
  }

  #log(file: string | undefined, error: MotiaError): void {
    this.#parts.logger.error(error.message, { file, code: error.code, hint: error.hint });
  }

  #report(): void {
    const { health } = this.#parts;
    const [loss] = this.#losses.values();
    const [trouble] = this.#troubles.values();
    if (loss !== undefined) health.set('unhealthy', loss.message);
    else if (trouble !== undefined) health.set(trouble.code === 'MOTIA_STORE_UNREADABLE' ? 'unhealthy' : 'degraded', trouble.message);
    else if (this.#corruptRows.size > 0) health.set('degraded', `${this.#corruptRows.size} row(s) were not what was written; copies are in store_quarantine`);
    else health.set('healthy');
  }
}
