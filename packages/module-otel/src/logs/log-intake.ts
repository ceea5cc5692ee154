import { passesLevel, toPlainFields } from '@motia/engine-core';
import type { Clock, LogLevel, LogRecord } from '@motia/engine-core/contract';
import { cutText, type Redactor } from '../redaction/redactor.js';
import { isBelowRate } from '../sampling/sampler.js';
import type { LogData } from './log-data.js';

/** Gets every record that is kept, in the moment it is written, and the trace of whoever wrote it: it must only put it somewhere. */
export type LogListener = (log: LogData, writerTraceId: string | undefined) => void;

export interface LogIntakeOptions {
  readonly clock: Pick<Clock, 'now'>;
  readonly redactor: Redactor;
  /** Records below it are left out. */
  readonly level: LogLevel;
  /** Share that is kept of what is below `warn`, 0 to 1. */
  readonly samplingRatio: number;
  readonly maxFieldsLength: number;
  readonly maxMessageLength: number;
  readonly random: () => number;
}

/** Takes records of the whole engine, cleans them and hands them on. Never throws. */
export class LogIntake {
  taken = 0;
  sampledOut = 0;
  failures = 0;
  readonly #options: LogIntakeOptions;
  #listeners: readonly LogListener[] = [];

  constructor(options: LogIntakeOptions) {
    this.#options = options;
  }

  onLog(listener: LogListener): void {
    this.#listeners = [...this.#listeners, listener];
  }

  log(record: LogRecord): void {
    if (!passesLevel(record.level, this.#options.level)) return;
    if (!this.#isSampled(record)) {
      this.sampledOut += 1;
      return;
    }
    try {
      const log = this.#clean(record);
      this.taken += 1;
      for (const listener of this.#listeners) listener(log, record.writerTraceId ?? record.traceId);
    } catch {
      // A record that cannot be kept is less bad than a request that fails for it.
      this.failures += 1;
    }
  }

  /** Records of one trace stay together. */
  #isSampled({ level, traceId }: LogRecord): boolean {
    const { samplingRatio, random } = this.#options;
    if (samplingRatio >= 1 || passesLevel(level, 'warn')) return true;
    return traceId === undefined ? random() < samplingRatio : isBelowRate(traceId, samplingRatio);
  }

  #clean(record: LogRecord): LogData {
    const { clock, redactor, maxMessageLength } = this.#options;
    const { level, time, message, source, traceId, spanId, functionId, invocationId, workerId, stream, fields } = record;
    const log: { -readonly [K in keyof LogData]: LogData[K] } = { timeMs: time, observedMs: clock.now(), level, message: redactor.text(cutText(message, maxMessageLength)), source: redactor.text(cutText(source, 256)), traceId, spanId };
    if (functionId !== undefined) log.functionId = functionId;
    if (invocationId !== undefined) log.invocationId = invocationId;
    if (workerId !== undefined) log.workerId = workerId;
    if (stream !== undefined) log.stream = stream;
    if (fields !== undefined) log.fields = this.#cleanFields(fields);
    return log;
  }

  #cleanFields(fields: NonNullable<LogRecord['fields']>): Readonly<Record<string, unknown>> {
    const { redactor, maxFieldsLength } = this.#options;
    const clean = redactor.fields(toPlainFields(fields)) as Readonly<Record<string, unknown>>;
    const length = roughLength(clean, maxFieldsLength);
    return length <= maxFieldsLength ? clean : { truncated: true, head: cutText(JSON.stringify(clean), 1024) };
  }
}

/** Characters of the texts in plain data, counted until there are more than `enough`. */
function roughLength(value: unknown, enough: number): number {
  if (typeof value === 'string') return value.length;
  if (typeof value !== 'object' || value === null) return 8;
  let length = 2;
  for (const key in value) {
    length += key.length + roughLength((value as Readonly<Record<string, unknown>>)[key], enough - length);
    if (length > enough) return length;
  }
  return length;
}
