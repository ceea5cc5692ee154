import { severityOf, type LogData } from '../logs/log-data.js';
import type { LogPage, LogQuery, NumberedLog } from './log-store.js';

/** The page that a query asks for, of records from the newest to the oldest: for storages that do not filter themselves, or only roughly. */
export function listLogs(newestFirst: Iterable<NumberedLog>, query: LogQuery): LogPage {
  const { offset, limit, beforeRecord, afterRecord } = query;
  const logs: NumberedLog[] = [];
  let total = 0;
  let passed = 0;
  let older = 0;
  let newestRecord: number | undefined;
  for (const numbered of newestFirst) {
    newestRecord ??= numbered.record;
    if (afterRecord !== undefined && numbered.record <= afterRecord) break;
    if (!matches(numbered.log, query)) continue;
    total += 1;
    if (beforeRecord !== undefined ? numbered.record >= beforeRecord : (passed += 1) <= offset) continue;
    if (logs.length < limit) logs.push(numbered);
    else older += 1;
  }
  return { logs, total, older, newestRecord, missed: 0 };
}

function matches(log: LogData, { fromMs, toMs, traceId, spanId, minSeverity, level, search }: LogQuery): boolean {
  return (
    (fromMs === undefined || log.timeMs >= fromMs) &&
    (toMs === undefined || log.timeMs <= toMs) &&
    (traceId === undefined || log.traceId === traceId) &&
    (spanId === undefined || log.spanId === spanId) &&
    (minSeverity === undefined || severityOf[log.level] >= minSeverity) &&
    (level === undefined || log.level === level) &&
    (search === undefined || logContains(log, search))
  );
}

/** True where a text (in lower case) stands in the message, the source or a field. Literal, never a pattern. */
export function logContains(log: LogData, lower: string): boolean {
  if (log.message.toLowerCase().includes(lower) || log.source.toLowerCase().includes(lower) || log.functionId?.toLowerCase().includes(lower) === true) return true;
  return log.fields !== undefined && JSON.stringify(log.fields).toLowerCase().includes(lower);
}
