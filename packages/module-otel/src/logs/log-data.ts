import type { LogLevel, LogRecord } from '@motia/engine-core/contract';

/** One log record as it is kept: plain data, without secrets, within its limits. */
export interface LogData {
  /** Epoch milliseconds: when it was written, and when it came here. */
  readonly timeMs: number;
  readonly observedMs: number;
  readonly level: LogLevel;
  readonly message: string;
  readonly source: string;
  readonly traceId: string | undefined;
  readonly spanId: string | undefined;
  readonly functionId?: string;
  readonly invocationId?: string;
  readonly workerId?: string;
  readonly stream?: LogRecord['stream'];
  readonly fields?: Readonly<Record<string, unknown>>;
}

/** Numbers of OpenTelemetry for our levels. */
export const severityOf: Readonly<Record<LogLevel, number>> = { trace: 1, debug: 5, info: 9, warn: 13, error: 17 };
export const levels: readonly LogLevel[] = ['trace', 'debug', 'info', 'warn', 'error'];

/** A record as functions answer with it and `log` triggers get it; keys and spelling are those that existing programs know. */
export interface LogView {
  readonly timestamp_unix_nano: number;
  readonly observed_timestamp_unix_nano: number;
  readonly severity_number: number;
  readonly severity_text: string;
  readonly body: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly trace_id: string | null;
  readonly span_id: string | null;
  readonly resource: Readonly<Record<string, string>>;
  readonly service_name: string;
  readonly instrumentation_scope_name: string;
  readonly instrumentation_scope_version: string | null;
}

export function viewLog(log: LogData, resource: Readonly<Record<string, string>>): LogView {
  return {
    timestamp_unix_nano: Math.round(log.timeMs * 1000) * 1000,
    observed_timestamp_unix_nano: Math.round(log.observedMs * 1000) * 1000,
    severity_number: severityOf[log.level],
    severity_text: log.level.toUpperCase(),
    body: log.message,
    attributes: logAttributes(log),
    trace_id: log.traceId ?? null,
    span_id: log.spanId ?? null,
    resource,
    service_name: log.workerId === undefined ? (resource['service.name'] ?? 'iii') : log.source,
    instrumentation_scope_name: log.source,
    instrumentation_scope_version: null,
  };
}

/** Ids first: what the writer added can replace none of them. */
export function logAttributes(log: LogData): Readonly<Record<string, unknown>> {
  return {
    ...log.fields,
    ...(log.functionId === undefined ? {} : { 'iii.function.id': log.functionId }),
    ...(log.invocationId === undefined ? {} : { 'iii.invocation.id': log.invocationId }),
    ...(log.workerId === undefined ? {} : { 'iii.worker.id': log.workerId }),
    ...(log.stream === undefined ? {} : { 'iii.log.stream': log.stream }),
  };
}
