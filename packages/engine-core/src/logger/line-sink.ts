import type { LogLevel, LogRecord, LogSink } from '../contract/logger.js';
import type { ConsoleLines } from '../contract/telemetry.js';
import { toJsonLine } from './json-lines.js';
import { toPrettyLine } from './pretty-lines.js';
import type { WritePort } from './write-port.js';

const ranks: Readonly<Record<LogLevel, number>> = { trace: 0, debug: 1, info: 2, warn: 3, error: 4 };

/** True when a record of this level passes a filter set to `threshold`. */
export function passesLevel(level: LogLevel, threshold: LogLevel): boolean {
  return ranks[level] >= ranks[threshold];
}

export interface LineSinkOptions {
  readonly port: WritePort;
  /** Records below it are left out. Default `info`. */
  readonly level?: LogLevel;
  /** `auto` is pretty on a terminal and JSON lines elsewhere. Default `auto`. */
  readonly format?: 'auto' | 'pretty' | 'json';
  /** Characters kept while the reader is slow; lines beyond are dropped and counted. Default 4 Mi. */
  readonly maxBufferedCharacters?: number;
}

/** A sink that writes lines. `flush` hands over what waits for the end of the turn; call it before the process exits. */
export interface LineSink extends LogSink {
  flush(): void;
  /** Changes what is given from the next record on. */
  configure(lines: ConsoleLines): void;
}

/** Writes records as lines, all lines of one turn in one write. Never throws and never waits. */
export function lineSink(options: LineSinkOptions): LineSink {
  const { port, maxBufferedCharacters = 4 * 1024 * 1024 } = options;
  const prettyIn = (format: 'auto' | 'pretty' | 'json'): boolean => format === 'pretty' || (format === 'auto' && port.isTerminal);
  let level = options.level ?? 'info';
  let isPretty = prettyIn(options.format ?? 'auto');
  let showsProcesses = true;
  const encode = (record: LogRecord): string => (isPretty ? toPrettyLine(record, port.wantsColour) : toJsonLine(record));
  let lines = '';
  let dropped = 0;
  let isScheduled = false;
  let isBlocked = false;

  function flush(): void {
    isScheduled = false;
    if (lines === '') return;
    const text = lines;
    lines = '';
    try {
      if (port.write(text) || isBlocked) return;
      isBlocked = true;
      port.onceDrained(onDrained);
    } catch {
      // A port that breaks its word must not end the process: this runs outside of everybody's call.
    }
  }

  function onDrained(): void {
    isBlocked = false;
    if (dropped > 0) {
      const count = dropped;
      dropped = 0;
      add({ level: 'warn', time: Date.now(), source: 'engine', message: `${count} log lines dropped: the reader of the log is too slow`, fields: { dropped: count } });
    }
    flush();
  }

  function add(record: LogRecord): void {
    if (isBlocked && lines.length >= maxBufferedCharacters) {
      dropped += 1;
      return;
    }
    lines += encode(record);
    if (isScheduled || isBlocked) return;
    isScheduled = true;
    queueMicrotask(flush);
  }

  return {
    log(record) {
      if (!passesLevel(record.level, level) || (!showsProcesses && (record.stream !== undefined || record.workerId !== undefined))) return;
      try {
        add(record);
      } catch {
        // Telemetry never hurts: a record that cannot be written is less bad than a request that fails for it.
      }
    },
    flush,
    configure(lines) {
      level = lines.level ?? level;
      isPretty = lines.format === undefined ? isPretty : prettyIn(lines.format);
      showsProcesses = lines.showsProcesses ?? showsProcesses;
    },
  };
}
