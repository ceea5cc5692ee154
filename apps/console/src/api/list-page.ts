import { consoleErrors } from '../errors.js';
import { decodeCursor, encodeCursor, oneOf, pageKeys, pageOf, pageRequest, rowFilter, type Page } from './page-query.js';

/** How rows of a list that is in memory are told apart, found and ordered. */
export interface ListShape<T> {
  /** Unique; the order where nothing else is asked for. */
  readonly keyOf: (row: T) => string;
  /** What `filter` looks through, literally and whatever the case. */
  readonly textOf: (row: T) => string;
  /** What `sort` may say. Rows without a value come last. */
  readonly sorts?: Readonly<Record<string, (row: T) => number | string | undefined>>;
  /** Epoch milliseconds that `from` and `to` look at. Rows without a time lie in no range. */
  readonly timeOf?: (row: T) => number | undefined;
}

/** Query parameters of a list. */
export function listKeys<T>({ timeOf }: Pick<ListShape<T>, 'timeOf'>): readonly string[] {
  return ['filter', ...(timeOf === undefined ? [] : ['from', 'to']), 'sort', 'order', ...pageKeys];
}

interface Place {
  readonly value: number | string | null;
  readonly key: string;
}

/**
 * A page of rows in memory: `filter`, `from`, `to`, `sort` with `order`, `limit`, `cursor`. The cursor is the place of the last row shown, so that
 * rows that come and go meanwhile neither repeat nor hide others.
 * @throws `MOTIA_CONSOLE_QUERY_INVALID`, `MOTIA_CONSOLE_CURSOR_INVALID`
 */
export function listPage<T>(rows: readonly T[], query: ReadonlyMap<string, string>, { keyOf, textOf, sorts = {}, timeOf }: ListShape<T>): Page<T> {
  const { limit, isClamped, cursor } = pageRequest(query);
  const fits = rowFilter(query, { textOf, ...(timeOf === undefined ? {} : { timeOf }) });
  const sort = oneOf(query, 'sort', ['key', ...Object.keys(sorts)]) ?? 'key';
  const isDescending = oneOf(query, 'order', ['asc', 'desc']) === 'desc';
  const valueOf = sorts[sort];
  const placed = rows
    .filter((row) => fits === undefined || fits(row))
    .map((row) => ({ row, place: { value: valueOf?.(row) ?? null, key: keyOf(row) } }))
    .sort((a, b) => compare(a.place, b.place, isDescending));
  const after = cursor === undefined ? undefined : readPlace(cursor, `${sort} ${String(isDescending)}`);
  const start = after === undefined ? 0 : placed.findIndex(({ place }) => compare(place, after, isDescending) > 0);
  const page = start < 0 ? [] : placed.slice(start, start + limit);
  const last = page.at(-1);
  const hasMore = last !== undefined && start + page.length < placed.length;
  const next = hasMore ? encodeCursor(JSON.stringify([`${sort} ${String(isDescending)}`, last.place.value, last.place.key])) : undefined;
  return { ...pageOf(page.map(({ row }) => row), next, isClamped), total: { value: placed.length, exact: true } };
}

function compare(a: Place, b: Place, isDescending: boolean): number {
  if (a.value === null || b.value === null) {
    if (a.value !== b.value) return a.value === null ? 1 : -1;
  } else if (a.value !== b.value) return (a.value < b.value ? -1 : 1) * (isDescending ? -1 : 1);
  if (a.key === b.key) return 0;
  return (a.key < b.key ? -1 : 1) * (isDescending ? -1 : 1);
}

function readPlace(cursor: string, sort: string): Place {
  let place: unknown;
  try {
    place = JSON.parse(decodeCursor(cursor));
  } catch (cause) {
    throw consoleErrors.CURSOR_INVALID({}, cause);
  }
  const [of, value, key] = Array.isArray(place) ? (place as unknown[]) : [];
  if (of !== sort || typeof key !== 'string' || !(value === null || typeof value === 'number' || typeof value === 'string')) throw consoleErrors.CURSOR_INVALID({});
  return { value, key };
}
