import type { LogEntry, LogsEmitParams } from '@motia/protocol';
import type { Clock } from '../contract/clock.js';
import type { LogFields, LogLevel, LogRecord, LogSink } from '../contract/logger.js';
import { isRecord } from '../functions/function-spec.js';
import { hexSpan, hexTrace } from '../telemetry/trace-context.js';
import type { RunningCalls } from './running-calls.js';

const levels: ReadonlySet<string> = new Set(['trace', 'debug', 'info', 'warn', 'error'] satisfies LogLevel[]);
const longestMessage = 64 * 1024;

export interface WorkerLogParts {
  readonly clock: Clock;
  readonly logs: LogSink;
  readonly calls: RunningCalls;
  /** The worker's label. */
  readonly source: string;
  readonly workerId: string;
}

/** Turns what a worker says it logged into records. Who it is and what it runs is known here, not taken from it. */
export function recordLogs({ clock, logs, calls, source, workerId }: WorkerLogParts, { entries, dropped }: LogsEmitParams): void {
  if (Array.isArray(entries)) {
    for (const entry of entries as readonly unknown[]) if (isRecord(entry)) logs.log(toRecord(entry));
  }
  if (typeof dropped === 'number' && dropped > 0) {
    logs.log({ level: 'warn', time: clock.now(), message: `${String(dropped)} log entries were dropped by the process`, source, workerId });
  }

  function toRecord(entry: Partial<LogEntry>): LogRecord {
    const { level, message, timestamp, invocationId, source: stream, data } = entry;
    const fields = fieldsOf(data);
    // Member by member: a record is made for every line of every process, and spreading parts into it takes ten times as long.
    const record: { -readonly [K in keyof LogRecord]: LogRecord[K] } = {
      level: levels.has(level as string) ? (level as LogLevel) : 'info',
      time: typeof timestamp === 'number' && Number.isFinite(timestamp) ? timestamp : clock.now(),
      message: cut(typeof message === 'string' ? message : String(message ?? '')),
      source,
      workerId,
    };
    if (stream === 'stdout' || stream === 'stderr' || stream === 'logger') record.stream = stream;
    const call = typeof invocationId === 'string' ? calls.describe(invocationId) : undefined;
    if (call !== undefined) {
      // A span of the worker's own inside the trace of its call is more exact than the call's.
      const own = entry.traceId === call.traceId && typeof entry.spanId === 'string' && hexSpan.test(entry.spanId) ? entry.spanId : undefined;
      record.invocationId = call.invocationId;
      record.functionId = call.functionId;
      record.traceId = call.traceId;
      record.spanId = own ?? call.spanId;
      if (fields !== undefined) record.fields = fields;
      return record;
    }
    return { ...record, ...claimed(entry), ...marked(fields, typeof invocationId === 'string') };
  }
}

/** Ids that cannot be checked are kept for whoever searches, in the form they must have. */
function claimed({ invocationId, functionId, traceId, spanId }: Partial<LogEntry>): Partial<LogRecord> {
  const hasTrace = typeof traceId === 'string' && hexTrace.test(traceId);
  return {
    ...(typeof invocationId === 'string' ? { invocationId: invocationId.slice(0, 128) } : {}),
    ...(typeof functionId === 'string' ? { functionId: functionId.slice(0, 512) } : {}),
    ...(hasTrace ? { traceId } : {}),
    ...(hasTrace && typeof spanId === 'string' && hexSpan.test(spanId) ? { spanId } : {}),
  };
}

function marked(fields: LogFields | undefined, isUnknownCall: boolean): { fields?: LogFields } {
  if (isUnknownCall) return { fields: { ...fields, unknownInvocation: true } };
  return fields === undefined ? {} : { fields };
}

function fieldsOf(data: unknown): LogFields | undefined {
  if (data === undefined || data === null) return undefined;
  return isRecord(data) ? data : { data };
}

function cut(message: string): string {
  return message.length <= longestMessage ? message : `${message.slice(0, longestMessage)}… (${String(message.length)} characters)`;
}
