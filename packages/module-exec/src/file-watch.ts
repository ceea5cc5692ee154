import { existsSync } from 'node:fs';
import { dirname, relative } from 'node:path';
import type { Clock, Logger, Timer } from '@motia/engine-core/contract';
import { watch, type FSWatcher } from 'chokidar';
import { ContentLedger, fileDigest } from './content-ledger.js';
import type { WatchPatterns } from './watch-patterns.js';

export interface FileWatchOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly patterns: WatchPatterns;
  readonly cwd: string;
  readonly debounceMs: number;
  /** Gets paths relative to `cwd`. */
  readonly onChanged: (paths: readonly string[]) => void;
}

/** A stream of events that never pauses is looked at this many debounce times after its first event all the same. */
const patienceFactor = 10;

/**
 * Calls back when the content of a watched file changed, came or went: once per burst of events, after `debounceMs` of
 * quiet. Editors that write in place and editors that rename a new file over the old one look the same.
 */
export class FileWatch {
  readonly #ledger = new ContentLedger(fileDigest);
  readonly #touched = new Set<string>();
  #watcher: FSWatcher | undefined;
  #quiet: Timer | undefined;
  #burstStartMs: number | undefined;
  #isLooking = false;
  #isClosed = false;

  constructor(private readonly options: FileWatchOptions) {}

  /** Resolves when every file's present content is known. A file saved after `since` (epoch ms) counts as changed. */
  async start(since: number): Promise<void> {
    const { patterns, logger, cwd } = this.options;
    const watcher = watch(patterns.bases.map(nearestExisting), {
      ignoreInitial: false,
      ignored: (path, stats) => (stats?.isFile() === true ? !patterns.matches(path) : !patterns.mayHold(path) && !patterns.matches(path)),
    });
    this.#watcher = watcher;
    watcher.on('error', (error) => logger.warn('the file watcher reported an error; some changes may go unseen', { error }));
    const initial: Promise<void>[] = [];
    let isReady = false;
    watcher.on('add', (path, stats) => {
      if (isReady || (stats !== undefined && stats.mtimeMs > since)) return this.#touch(path);
      initial.push(this.#ledger.note(path));
    });
    watcher.on('change', (path) => this.#touch(path));
    watcher.on('unlink', (path) => this.#touch(path));
    await new Promise<void>((resolve) => watcher.once('ready', resolve));
    isReady = true;
    await Promise.all(initial);
    if (this.#ledger.size === 0 && this.#touched.size === 0 && !this.#isClosed) {
      logger.warn(`\`watch\` matches no file yet (looked in ${patterns.bases.map((base) => relative(cwd, base) || '.').join(', ')})`, { hint: 'Globs are relative to `cwd`.' });
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.options.clock.clear(this.#quiet);
    await this.#watcher?.close();
  }

  #touch(path: string): void {
    if (this.#isClosed || !this.options.patterns.matches(path)) return;
    const { clock, debounceMs } = this.options;
    const now = clock.monotonicMs();
    this.#touched.add(path);
    this.#burstStartMs ??= now;
    const latestMs = this.#burstStartMs + patienceFactor * debounceMs;
    this.#lookIn(Math.max(0, Math.min(debounceMs, latestMs - now)));
  }

  #lookIn(delayMs: number): void {
    const { clock, debounceMs } = this.options;
    clock.clear(this.#quiet);
    // While a look is under way its successor waits: two would tell of the same change twice.
    this.#quiet = clock.setTimeout(() => (this.#isLooking ? this.#lookIn(debounceMs) : void this.#look()), delayMs);
  }

  async #look(): Promise<void> {
    const paths = [...this.#touched];
    this.#touched.clear();
    this.#burstStartMs = undefined;
    this.#isLooking = true;
    const changed = await this.#ledger.changed(paths);
    this.#isLooking = false;
    if (changed.length > 0 && !this.#isClosed) this.options.onChanged(changed.map((path) => relative(this.options.cwd, path)));
  }
}

/** A folder that does not exist yet is awaited from the nearest one that does. */
function nearestExisting(path: string): string {
  for (let at = path; ; at = dirname(at)) if (existsSync(at) || dirname(at) === at) return at;
}
