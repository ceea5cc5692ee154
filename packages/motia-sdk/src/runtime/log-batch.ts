import type { Endpoint, LogEntry } from '@motia/protocol';

const maxEntries = 10_000;
/** Of one batch: it fits into a frame however much of it is escaped. What a turn writes beyond goes in further ones. */
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
    const characters = entry.message.length + lengthOf(entry.data);
    if (this.#characters + characters > maxCharacters) this.flush();
    if (this.#entries.length >= maxEntries || this.#endpoint.bufferedBytes > maxBufferedBytes) {
      this.#dropped += standsFor(entry);
      return;
    }
    this.#characters += characters;
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

/** Characters of plain data, about; what it may hold at most is bounded where it is made. */
function lengthOf(data: unknown): number {
  if (typeof data === 'string') return data.length;
  if (typeof data !== 'object' || data === null) return 8;
  let length = 2;
  for (const [key, member] of Object.entries(data)) length += key.length + lengthOf(member);
  return length;
}
