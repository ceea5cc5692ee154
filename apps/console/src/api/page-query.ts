import { consoleErrors } from '../errors.js';

/** Rows of one page at most. */
export const maxPageSize = 200;
const defaultPageSize = 50;

export interface Page<T> {
  readonly items: readonly T[];
  /** Opaque; null on the last page. */
  readonly nextCursor: string | null;
  readonly total?: { readonly value: number; readonly exact: boolean };
  /** True when a limit or range was larger than allowed and was cut. */
  readonly clamped?: true;
}

export interface PageRequest {
  readonly limit: number;
  readonly isClamped: boolean;
  readonly cursor: string | undefined;
  /** Epoch milliseconds. */
  readonly fromMs: number | undefined;
  readonly toMs: number | undefined;
}

/** What every list takes. */
export const pageKeys = ['limit', 'cursor'] as const;

/** Reads `limit`, `cursor`, `from` and `to`. Too large a limit is cut and said so. @throws `MOTIA_CONSOLE_QUERY_INVALID` */
export function pageRequest(query: ReadonlyMap<string, string>): PageRequest {
  const limit = integer(query, 'limit', 1) ?? defaultPageSize;
  return {
    limit: Math.min(limit, maxPageSize),
    isClamped: limit > maxPageSize,
    cursor: text(query, 'cursor', 2048),
    fromMs: time(query, 'from'),
    toMs: time(query, 'to'),
  };
}

/** A page of rows; `next` is where the one after it begins, left out for the last one. */
export function pageOf<T>(items: readonly T[], next: string | undefined, isClamped: boolean): Page<T> {
  return { items, nextCursor: next ?? null, ...(isClamped ? { clamped: true as const } : {}) };
}

/** A parameter of at most `maxLength` characters. Undefined when left out or empty. */
export function text(query: ReadonlyMap<string, string>, parameter: string, maxLength = 256): string | undefined {
  const value = query.get(parameter);
  if (value === undefined || value === '') return undefined;
  if (value.length > maxLength) throw consoleErrors.QUERY_INVALID({ parameter, reason: `is longer than ${maxLength} characters` });
  return value;
}

export function integer(query: ReadonlyMap<string, string>, parameter: string, minimum: number): number | undefined {
  const given = text(query, parameter);
  if (given === undefined) return undefined;
  const value = Number(given);
  if (!Number.isSafeInteger(value) || value < minimum) throw consoleErrors.QUERY_INVALID({ parameter, reason: `must be a whole number from ${minimum}` });
  return value;
}

export function oneOf<T extends string>(query: ReadonlyMap<string, string>, parameter: string, values: readonly T[]): T | undefined {
  const given = text(query, parameter);
  if (given === undefined) return undefined;
  const found = values.find((value) => value === given);
  if (found === undefined) throw consoleErrors.QUERY_INVALID({ parameter, reason: `must be one of ${values.join(', ')}` });
  return found;
}

/** What `filter` (literally, whatever the case), `from` and `to` leave of rows; undefined when none of them is given. @throws `MOTIA_CONSOLE_QUERY_INVALID` */
export function rowFilter<T>(query: ReadonlyMap<string, string>, { textOf, timeOf }: { readonly textOf: (row: T) => string; readonly timeOf?: (row: T) => number | undefined }): ((row: T) => boolean) | undefined {
  const filter = text(query, 'filter')?.toLowerCase();
  const fromMs = time(query, 'from');
  const toMs = time(query, 'to');
  if (filter === undefined && fromMs === undefined && toMs === undefined) return undefined;
  return (row) => {
    if (filter !== undefined && !textOf(row).toLowerCase().includes(filter)) return false;
    if (fromMs === undefined && toMs === undefined) return true;
    const atMs = timeOf?.(row);
    return atMs !== undefined && atMs >= (fromMs ?? atMs) && atMs <= (toMs ?? atMs);
  };
}

/** False when left out. */
export function flag(query: ReadonlyMap<string, string>, parameter: string): boolean {
  return oneOf(query, parameter, ['true', 'false']) === 'true';
}

/** Epoch milliseconds or RFC 3339. */
function time(query: ReadonlyMap<string, string>, parameter: string): number | undefined {
  const given = text(query, parameter);
  if (given === undefined) return undefined;
  const value = /^\d{1,16}$/.test(given) ? Number(given) : Date.parse(given);
  if (Number.isNaN(value)) throw consoleErrors.QUERY_INVALID({ parameter, reason: 'must be a time: epoch milliseconds or RFC 3339' });
  return value;
}

export function encodeCursor(key: string): string {
  return Buffer.from(key).toString('base64url');
}

/** @throws `MOTIA_CONSOLE_CURSOR_INVALID` */
export function decodeCursor(cursor: string): string {
  const key = Buffer.from(cursor, 'base64url').toString();
  if (cursor === '' || encodeCursor(key) !== cursor) throw consoleErrors.CURSOR_INVALID({});
  return key;
}

/** `90s`, `15m` or `1h` in milliseconds. */
export function duration(query: ReadonlyMap<string, string>, parameter: string): number | undefined {
  const given = text(query, parameter);
  if (given === undefined) return undefined;
  const match = /^([1-9]\d{0,6})(s|m|h)$/.exec(given);
  if (match === null) throw consoleErrors.QUERY_INVALID({ parameter, reason: 'must be a time such as 90s, 15m or 1h' });
  return Number(match[1]) * { s: 1_000, m: 60_000, h: 3_600_000 }[match[2] as 's' | 'm' | 'h'];
}
