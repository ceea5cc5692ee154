import type { LogRow } from '@motia/console/contract';
import { clockTime, visible } from './table.js';

/** Fields that the line shows elsewhere, or that only programs read. */
const quiet: ReadonlySet<string> = new Set(['iii.function.id', 'iii.invocation.id', 'iii.worker.id', 'iii.log.stream', 'function_id', 'invocation_id', 'worker_id', 'stream', 'log.iostream']);

/** One line a record: time, level, who, what, the trace, the fields. */
export function renderLogLine(log: LogRow, nowMs: number): string {
  const fields = Object.entries(log.attributes ?? {}).filter(([key]) => !quiet.has(key)).map(([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
  const source = log.instrumentation_scope_name ?? log.service_name;
  const parts = [clockTime(log.timestamp_unix_nano / 1e6, nowMs), log.severity_text.toUpperCase().padEnd(5), `[${source}]`, typeof log.body === 'string' ? log.body : JSON.stringify(log.body), ...fields];
  if (log.trace_id !== null) parts.push(`trace=${log.trace_id}`);
  return `${visible(parts.join(' '))}\n`;
}
