import type { LogRecord } from '../contract/logger.js';
import { escapeText } from './escape-text.js';
import { toPlainFields } from './plain-fields.js';

/** A line is never longer, its line break included. */
export const longestLineBytes = 65_536;
const longestId = 256;

/**
 * One record as one line of JSON. The members, in this order, each but the first four only where known:
 *
 * - `time` ISO 8601 in UTC with milliseconds, `level`, `source` who wrote it, `message`
 * - `traceId`, `spanId`, `functionId`, `invocationId`, `workerId`
 * - `stream`: `logger`, `stdout` or `stderr`, for output of users' processes
 * - `fields`: everything the writer added, nested so that it can forge none of the above
 * - `truncatedBytes`: size the line would have had; `fields` and the end of `message` are left out then
 *
 * Control characters, escape sequences and direction marks are escaped.
 */
export function toJsonLine(record: LogRecord): string {
  const line = encode(record, record.message, record.fields === undefined ? undefined : toPlainFields(record.fields));
  // No character takes more than three bytes per UTF-16 unit, so short lines need no counting.
  if (line.length * 3 < longestLineBytes) return line;
  const bytes = Buffer.byteLength(line);
  return bytes < longestLineBytes ? line : encodeShortened(record, bytes);
}

/** An escaped character takes up to six bytes, so this many always fit beside the bounded ids. */
const shortenedCharacters = 8_192;

function encodeShortened(record: LogRecord, bytes: number): string {
  return encode(record, `${record.message.slice(0, shortenedCharacters)}…`, undefined, bytes);
}

function encode(record: LogRecord, message: string, fields: unknown, truncatedBytes?: number): string {
  const json = JSON.stringify({
    time: isoTime(record.time),
    level: record.level,
    source: shortId(record.source),
    message,
    traceId: shortId(record.traceId),
    spanId: shortId(record.spanId),
    functionId: shortId(record.functionId),
    invocationId: shortId(record.invocationId),
    workerId: shortId(record.workerId),
    stream: record.stream,
    fields,
    truncatedBytes,
  });
  // JSON has escaped C0 already; what is left to find is inside strings, where an escape is always legal.
  return `${escapeText(json)}\n`;
}

function shortId(id: string | undefined): string | undefined {
  return id === undefined || id.length <= longestId ? id : `${id.slice(0, longestId)}…`;
}

/** Never throws, unlike `toISOString` with a time that is no time. */
export function isoTime(epochMs: number): string {
  const date = new Date(epochMs);
  return Number.isNaN(date.getTime()) ? '1970-01-01T00:00:00.000Z' : date.toISOString();
}
