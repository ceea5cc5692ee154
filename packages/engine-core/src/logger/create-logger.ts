import type { Clock } from '../contract/clock.js';
import type { LogFields, Logger, LogLevel, LogSink } from '../contract/logger.js';

/** Scope keys that become members of the record itself, so that a log line is tied to its trace. */
const promoted = ['traceId', 'spanId', 'functionId', 'invocationId', 'workerId'] as const;
type Promoted = Partial<Record<(typeof promoted)[number], string>>;

export interface LoggerOptions {
  readonly sink: LogSink;
  readonly clock: Pick<Clock, 'now'>;
  /** Who writes: `engine`, a module's package name. */
  readonly source: string;
}

/** A logger over a sink. Ids of the scope (`child({ traceId })`) stand beside the message, all else under `fields`. */
export function createLogger(options: LoggerOptions): Logger {
  return scoped(options, {}, undefined);
}

function scoped(options: LoggerOptions, ids: Promoted, scope: LogFields | undefined): Logger {
  const { sink, clock, source } = options;
  const write = (level: LogLevel, message: string, fields: LogFields | undefined): void => {
    try {
      const merged = scope === undefined ? fields : { ...scope, ...fields };
      sink.log({ level, time: clock.now(), message: String(message), source, ...ids, ...(merged === undefined ? {} : { fields: merged }) });
    } catch {
      // Never throws: see Logger.
    }
  };
  return {
    trace: (message, fields) => write('trace', message, fields),
    debug: (message, fields) => write('debug', message, fields),
    info: (message, fields) => write('info', message, fields),
    warn: (message, fields) => write('warn', message, fields),
    error: (message, fields) => write('error', message, fields),
    child(added) {
      const rest: Record<string, unknown> = { ...scope };
      const childIds: Promoted = { ...ids };
      for (const [key, value] of Object.entries(added)) {
        if (typeof value === 'string' && (promoted as readonly string[]).includes(key)) childIds[key as keyof Promoted] = value;
        else rest[key] = value;
      }
      return scoped(options, childIds, Object.keys(rest).length === 0 ? undefined : rest);
    },
  };
}

/** Hands records to a logger of the surrounding program, for engines that run inside one. */
export function loggerSink(logger: Logger): LogSink {
  return {
    log({ level, message, fields, time: _time, level: _level, writerTraceId: _writer, ...rest }) {
      logger[level](message, { ...fields, ...rest, message: undefined });
    },
  };
}
