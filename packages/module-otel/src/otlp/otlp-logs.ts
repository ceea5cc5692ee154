import type { LogLevel, LogSink } from '@motia/engine-core/contract';
import { attributes, list, number, plainValue, record, text, timeMs } from './otlp-values.js';
import type { Intake } from './otlp-intake.js';

const mostAttributes = 128;
const hexTrace = /^(?!0{32})[0-9a-f]{32}$/i;
const hexSpan = /^(?!0{16})[0-9a-f]{16}$/i;

/** Takes an export of logs. Records go the way of all others: to the console, to whoever keeps them, to `log` triggers. */
export function takeLogs(payload: unknown, logs: LogSink, intake: Intake): void {
  for (const resourceLogs of list(record(payload)['resourceLogs'])) {
    const { resource, scopeLogs } = record(resourceLogs);
    const source = intake.serviceOf(resource);
    for (const each of list(scopeLogs)) {
      for (const entry of list(record(each)['logRecords'])) {
        if (!intake.hasRoom()) continue;
        const log = record(entry);
        const body = plainValue(log['body']);
        if (body === undefined || body === null) {
          intake.reject('it has no body');
          continue;
        }
        const traceId = text(log['traceId']);
        const spanId = text(log['spanId']);
        const hasTrace = traceId !== undefined && hexTrace.test(traceId);
        const own = attributes(log['attributes'], mostAttributes);
        if (own.omitted > 0) intake.truncate();
        logs.log({
          level: levelOf(number(log['severityNumber']), text(log['severityText'])),
          time: timeMs(log['timeUnixNano']) ?? timeMs(log['observedTimeUnixNano']) ?? intake.nowMs,
          message: typeof body === 'string' ? body : JSON.stringify(body),
          source,
          workerId: intake.workerId,
          stream: 'logger',
          ...(hasTrace ? { traceId: traceId.toLowerCase() } : {}),
          ...(hasTrace && spanId !== undefined && hexSpan.test(spanId) ? { spanId: spanId.toLowerCase() } : {}),
          ...(Object.keys(own.attributes).length === 0 ? {} : { fields: { ...own.attributes } }),
        });
        intake.accept();
      }
    }
  }
}

function levelOf(severity: number | undefined, name: string | undefined): LogLevel {
  if (severity === undefined || severity <= 0) return name !== undefined && /^(?:trace|debug|info|warn|error)$/i.test(name) ? (name.toLowerCase() as LogLevel) : 'info';
  return severity < 5 ? 'trace' : severity < 9 ? 'debug' : severity < 13 ? 'info' : severity < 17 ? 'warn' : 'error';
}
