import type { LogEntry } from '@motia/protocol';
import { activeSpanId } from '../telemetry/active-trace.js';
import { currentScope, emitLog, type InvocationScope } from './invocation-scope.js';
import { toLogData } from './log-data.js';

/**
 * Writes to the engine's log, tied to the trace of the running handler. Never throws and never waits: entries of one
 * turn travel together, and what does not fit is counted as dropped.
 */
export class Logger {
  readonly #scope: InvocationScope | undefined;

  /** Without a scope, the one of the handler that is running when a line is written. */
  constructor(scope?: InvocationScope) {
    this.#scope = scope;
  }

  trace(message: string, data?: unknown): void {
    this.#write('trace', message, data);
  }
  debug(message: string, data?: unknown): void {
    this.#write('debug', message, data);
  }
  info(message: string, data?: unknown): void {
    this.#write('info', message, data);
  }
  warn(message: string, data?: unknown): void {
    this.#write('warn', message, data);
  }
  error(message: string, data?: unknown): void {
    this.#write('error', message, data);
  }
  /** The same as `info`. */
  log(message: string, data?: unknown): void {
    this.#write('info', message, data);
  }

  #write(level: LogEntry['level'], message: unknown, data: unknown): void {
    const scope = this.#scope ?? currentScope();
    const text = shorten(typeof message === 'string' ? message : describe(message));
    const entry: LogEntry = {
      level,
      message: text,
      timestamp: Date.now(),
      source: 'logger',
      ...(data === undefined ? undefined : { data: toLogData(data) }),
      ...(scope === undefined
        ? undefined
        : { invocationId: scope.invocationId, functionId: scope.functionId, traceId: scope.traceId, spanId: activeSpanId(scope) }),
    };
    if (scope === undefined) emitLog(entry);
    else scope.connection.log(entry);
  }
}

const maxMessageLength = 65_536;

function shorten(text: string): string {
  return text.length > maxMessageLength ? `${text.slice(0, maxMessageLength)}… (${text.length} characters)` : text;
}

function describe(message: unknown): string {
  const plain = toLogData(message);
  return typeof plain === 'string' ? plain : (JSON.stringify(plain) ?? 'undefined');
}

/** The logger for code that has no `ctx` at hand. Inside a handler its lines carry the handler's trace. */
export const logger: Logger = new Logger();
