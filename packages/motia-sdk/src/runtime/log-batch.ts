import type { Endpoint, LogEntry } from '@motia/protocol';

const maxEntries = 10_000;
/** Text of the messages of one batch. */
const maxCharacters = 2 * 1024 * 1024;
/** While this much waits to be written, log entries are dropped: calls and answers go first. */
const maxBufferedBytes = 4 * 1024 * 1024;

/** Collects the log entries of one turn and sends them together. Bounded; what does not fit is counted and told with the next batch. */
export class LogBatch {
  readonly #endpoint: Endpoint;
  #entries: LogEntry[] = [];
  #characters = 0;
  #dropped = 0;
  #isScheduled = false;
  #isClosed = false;

  constructor(endpoint: Endpoint) {
    this.#endpoint = endpoint;
  }

  add(entry: LogEntry): void {
    if (this.#isClosed) return;
    if (this.#entries.length >= maxEntries || this.#characters > maxCharacters || this.#endpoint.bufferedBytes > maxBufferedBytes) {
      this.#dropped += standsFor(entry);
      return;
    }
    this.#characters += entry.message.length;
    this.#entries.push(entry);
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      this.flush();
    });
  }

  /** Sends what waits. Never throws. */
  flush(): void {
    if (this.#isClosed || (this.#entries.length === 0 && this.#dropped === 0)) return;
    const entries = this.#entries;
    const dropped = this.#dropped;
    this.#entries = [];
    this.#characters = 0;
    this.#dropped = 0;
    try {
      this.#endpoint.notify('logs/emit', dropped === 0 ? { entries } : { entries, dropped });
    } catch {
      this.#dropped += entries.length + dropped;
    }
  }

  close(): void {
    this.flush();
    this.#isClosed = true;
  }
}

/** An entry of the output capture that tells of dropped lines counts as all of them. */
function standsFor({ source, data }: LogEntry): number {
  const dropped = source === 'logger' ? undefined : (data as { dropped?: unknown } | undefined)?.dropped;
  return typeof dropped === 'number' ? 1 + dropped : 1;
}
