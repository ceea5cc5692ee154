import type { Clock } from '../contract/clock.js';
import type { Logger, LogLevel, LogRecord, LogSink } from '../contract/logger.js';
import { createLogger } from '../logger/create-logger.js';

/** A logger that keeps what it gets. It is a sink as well, for `createEngine({ logs })`. */
export interface MemoryLogger extends Logger, LogSink {
  readonly records: readonly LogRecord[];
  /** Messages, of one level if given. */
  messages(level?: LogLevel): readonly string[];
  /** The first record whose message contains the text. */
  find(text: string): LogRecord | undefined;
  /** Resolves with the first record, past or future, that the test accepts. */
  next(matches: (record: LogRecord) => boolean): Promise<LogRecord>;
  clear(): void;
}

export function memoryLogger(options: { readonly clock?: Pick<Clock, 'now'>; readonly source?: string } = {}): MemoryLogger {
  const records: LogRecord[] = [];
  const waiting = new Set<(record: LogRecord) => void>();
  const sink: LogSink = {
    log(record) {
      records.push(record);
      for (const listener of [...waiting]) listener(record);
    },
  };
  return {
    ...createLogger({ sink, clock: options.clock ?? { now: () => Date.now() }, source: options.source ?? 'test' }),
    ...sink,
    records,
    messages: (level) => records.filter((record) => level === undefined || record.level === level).map(({ message }) => message),
    find: (text) => records.find(({ message }) => message.includes(text)),
    next(matches) {
      const past = records.find(matches);
      if (past !== undefined) return Promise.resolve(past);
      return new Promise((resolve) => {
        const listener = (record: LogRecord): void => {
          if (!matches(record)) return;
          waiting.delete(listener);
          resolve(record);
        };
        waiting.add(listener);
      });
    },
    clear() {
      records.length = 0;
    },
  };
}
