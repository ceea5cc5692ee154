export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error';

/** Fields shown beside the message. Nested under `fields` in JSON output, so they can forge neither level nor time nor trace. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Fixed argument order everywhere: message, then fields. Never throws, never blocks. */
export interface Logger {
  trace(message: string, fields?: LogFields): void;
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** A logger whose records carry these fields too. */
  child(scope: LogFields): Logger;
}

/** One record as sinks get it. */
export interface LogRecord {
  readonly level: LogLevel;
  /** Epoch milliseconds. */
  readonly time: number;
  readonly message: string;
  /** Who wrote it: `engine`, a module's name, a worker's label. */
  readonly source: string;
  readonly traceId?: string;
  /** The trace of whoever wrote it, where `traceId` names another one: for those that react to records. Not shown. */
  readonly writerTraceId?: string;
  readonly spanId?: string;
  readonly functionId?: string;
  readonly invocationId?: string;
  readonly workerId?: string;
  /** Where user output came from. */
  readonly stream?: 'logger' | 'stdout' | 'stderr';
  readonly fields?: LogFields;
}
/** Takes every record of the engine, its modules and the users' processes. */
export interface LogSink {
  log(record: LogRecord): void;
}
