import type { FlatSpan, LogRow, TraceRow } from '../../contract/index.js';
import { consoleErrors } from '../../errors.js';
import { get, type ApiRequest, type ApiRoute } from '../api-route.js';
import type { ModuleFunctions } from '../module-functions.js';
import { flag, integer, oneOf, pageKeys, pageOf, pageRequest, text, type Page } from '../page-query.js';

export interface ListedTraces {
  readonly spans: readonly ListedTrace[];
  readonly total: number;
  readonly next_cursor?: string;
}
export interface ListedLogs {
  readonly logs: readonly LogRow[];
  readonly total: number;
  readonly next_cursor?: string;
  /** Matches that are older than those in it. */
  readonly older?: number;
  /** Place of the newest record. */
  readonly newest_cursor?: string;
  /** Records after `after` that had to make room. */
  readonly missed?: number;
}

/** With what only the detail shows. */
type ListedTrace = TraceRow & Partial<Pick<FlatSpan, 'attributes' | 'events' | 'links'>>;

const rangeKeys = ['from', 'to', ...pageKeys];
const levels = ['trace', 'debug', 'info', 'warn', 'error'] as const;
const severities: Readonly<Record<(typeof levels)[number], number>> = { trace: 1, debug: 5, info: 9, warn: 13, error: 17 };

/** Traces, log records and numbers, as the observability module keeps them. */
export function telemetryRoutes(modules: ModuleFunctions): readonly ApiRoute[] {
  return [
    get('/traces', ['filter', 'sort', 'order', 'error', 'slow', 'name', 'service', 'status', 'minDurationMs', 'maxDurationMs', 'internal', ...rangeKeys], async (request) => {
      const { query } = request;
      const { spans, total, next_cursor: next } = await modules.call<ListedTraces>(
        'engine::traces::list',
        {
          ...range(request), sort_by: oneOf(query, 'sort', ['start_time', 'duration', 'name']) ?? 'start_time', sort_order: oneOf(query, 'order', ['asc', 'desc']) ?? 'desc',
          search: text(query, 'filter'), name: text(query, 'name'), status: oneOf(query, 'status', ['ok', 'error', 'unset', 'interrupted']), service_name: text(query, 'service'),
          error: flag(query, 'error'), slow: flag(query, 'slow'), include_internal: flag(query, 'internal'),
          min_duration_ms: integer(query, 'minDurationMs', 0), max_duration_ms: integer(query, 'maxDurationMs', 0),
        },
        request,
      );
      return page(modules, 'spans', { items: spans.map(traceRow), total, next }, request);
    }),
    get('/traces/:id', ['view', 'root', 'depth', 'filter', ...pageKeys], async (request) => {
      const { query, params } = request;
      return await modules.call('engine::traces::tree', {
        trace_id: traceId(params['id']), flat: oneOf(query, 'view', ['flat', 'tree']) !== 'tree', root_span_id: text(query, 'root'), max_depth: integer(query, 'depth', 1), search: text(query, 'filter'),
        limit: integer(query, 'limit', 1) ?? 5_000, cursor: text(query, 'cursor', 2_048),
      }, request);
    }),
    get('/traces/:id/spans/:span', [], async (request) => {
      const id = spanId(request.params['span']);
      const { spans } = await modules.call<{ readonly spans: readonly FlatSpan[] }>('engine::traces::tree', { trace_id: traceId(request.params['id']), root_span_id: id, max_depth: 1, flat: true, limit: 1 }, request);
      if (spans[0] === undefined) throw consoleErrors.RESOURCE_NOT_FOUND({ kind: 'span', id });
      return spans[0];
    }),
    get('/traces/:id/logs', ['level', 'filter', ...rangeKeys], (request) => logs(modules, request, { trace_id: traceId(request.params['id']) })),
    get('/logs', ['level', 'filter', 'trace', 'span', ...rangeKeys], (request) => logs(modules, request, { trace_id: text(request.query, 'trace'), span_id: text(request.query, 'span') })),
    get('/metrics', ['name'], ({ query, signal }) => modules.call('engine::metrics::list', { metric_name: text(query, 'name') }, { signal })),
    get('/rollups', ['level', 'name', 'from', 'to'], (request) => modules.call('engine::rollups::list', { ...timesOf(request), level: integer(request.query, 'level', 0), metric_name: text(request.query, 'name') }, request)),
    get('/alerts', [], ({ signal }) => modules.call('engine::alerts::list', {}, { signal })),
  ];
}

/** A row of the list, without what only the detail shows. */
export function traceRow({ attributes: _attributes, events: _events, links: _links, ...row }: ListedTrace): TraceRow {
  return row;
}

async function logs(modules: ModuleFunctions, request: ApiRequest, more: object): Promise<KeptPage<LogRow>> {
  const level = oneOf(request.query, 'level', levels);
  const answer = await modules.call<ListedLogs>(
    'engine::logs::list', { ...range(request), search: text(request.query, 'filter'), ...(level === undefined ? {} : { severity_min: severities[level] }), ...more }, request,
  );
  return page(modules, 'logs', { items: answer.logs, total: answer.total, next: answer.next_cursor }, request);
}

function range(request: ApiRequest): object {
  const { limit, cursor } = pageRequest(request.query);
  return { limit, cursor, ...timesOf(request) };
}

function timesOf({ query }: ApiRequest): object {
  const { fromMs, toMs } = pageRequest(query);
  return { start_time: fromMs, end_time: toMs };
}

interface KeptPage<T> extends Page<T> {
  readonly truncated?: true;
}
type Evictions = Readonly<Record<'spans' | 'logs', { readonly evicted: number }>>;

/** Whoever is at the end is told whether that is where it began. */
async function page<T>(modules: ModuleFunctions, what: keyof Evictions, { items, total, next }: { readonly items: readonly T[]; readonly total: number; readonly next: string | undefined }, request: ApiRequest): Promise<KeptPage<T>> {
  const isTruncated = next === undefined && (await modules.call<Evictions>('engine::telemetry::stats', {}, request))[what].evicted > 0;
  return { ...pageOf(items, next, pageRequest(request.query).isClamped), total: { value: total, exact: true }, ...(isTruncated ? { truncated: true as const } : {}) };
}

/** @throws `MOTIA_CONSOLE_RESOURCE_NOT_FOUND` for what is no id of a trace */
function traceId(id: string | undefined): string {
  if (id === undefined || !/^[0-9a-f]{32}$/i.test(id)) throw consoleErrors.RESOURCE_NOT_FOUND({ kind: 'trace', id: (id ?? '').slice(0, 64) });
  return id;
}

/** @throws `MOTIA_CONSOLE_RESOURCE_NOT_FOUND` for what is no id of a span */
function spanId(id: string | undefined): string {
  if (id === undefined || !/^[0-9a-f]{16}$/i.test(id)) throw consoleErrors.RESOURCE_NOT_FOUND({ kind: 'span', id: (id ?? '').slice(0, 64) });
  return id;
}
