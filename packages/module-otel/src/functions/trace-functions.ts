import { otelErrors } from '../errors.js';
import { flatTree, nestedTree, parseTreeQuery, SpanForest } from '../query/trace-tree.js';
import { viewSpan, type SpanViewer, type TraceView } from '../query/span-view.js';
import { parseTraceQuery } from '../query/trace-query.js';
import type { TraceStore } from '../storage/trace-store.js';
import { otelVersion } from '../version.js';
import type { FunctionContext, RegisterFunctions } from './context.js';

/** `engine::traces::list|tree|clear`. */
export const registerTraceFunctions: RegisterFunctions = (context) => {
  const { functions } = context;
  return [
    functions.register({ id: 'engine::traces::list', description: 'Traces that are kept, by their first spans', requestSchema: listSchema }, (payload) => list(context, payload)),
    functions.register({ id: 'engine::traces::tree', description: 'The spans of one trace, as a tree or as a flat list', requestSchema: treeSchema }, (payload) => tree(context, payload)),
    functions.register({ id: 'engine::traces::clear', description: 'Forgets all traces' }, async () => {
      await storeOf(context).clear();
      return { success: true };
    }),
  ];
};

async function list(context: FunctionContext, payload: unknown): Promise<unknown> {
  const query = parseTraceQuery(payload);
  const { traces, total, nextCursor } = await storeOf(context).list(query);
  const viewer = viewerOf(context);
  return {
    spans: traces.map(({ root, hasError, isSlow, spanCount, isRunning }): TraceView => ({ ...viewSpan(root, viewer), ...(isRunning ? { in_flight: true as const } : {}), span_count: spanCount, has_error: hasError, is_slow: isSlow })),
    total,
    offset: query.offset,
    limit: query.limit,
    ...(nextCursor === undefined ? {} : { next_cursor: nextCursor }),
    ...(query.isClamped ? { clamped: true } : {}),
  };
}

async function tree(context: FunctionContext, payload: unknown): Promise<unknown> {
  const query = parseTreeQuery(payload);
  const spans = await storeOf(context).spans(query.traceId);
  if (spans.length === 0) throw otelErrors.TRACE_NOT_FOUND({ traceId: query.traceId });
  const forest = new SpanForest(spans, query.rootSpanId);
  const common = { trace_id: query.traceId, span_count: spans.length, ...(query.isClamped ? { clamped: true } : {}) };
  if (query.isFlat) {
    const { spans: page, nextCursor } = await flatTree(forest, query, viewerOf(context));
    return { ...common, spans: page, ...(nextCursor === undefined ? {} : { next_cursor: nextCursor }) };
  }
  const { roots, returned, isTruncated } = await nestedTree(forest, query, viewerOf(context));
  return { ...common, roots, returned, ...(isTruncated ? { truncated: true } : {}) };
}

function storeOf({ traces }: FunctionContext): TraceStore {
  if (traces === undefined) throw otelErrors.NOT_STORED({ what: 'Traces', option: 'exporter', legacyCode: 'memory_exporter_not_enabled' });
  return traces;
}

function viewerOf({ settings, clock }: FunctionContext): SpanViewer {
  return { serviceName: settings.serviceName, scopeVersion: otelVersion, nowMs: clock.now() };
}

const text = { type: 'string' } as const;
const number = { type: 'number' } as const;
const flag = { type: 'boolean' } as const;
const listSchema = {
  type: 'object',
  properties: {
    trace_id: text, service_name: text, name: text, status: { enum: ['ok', 'error', 'unset', 'interrupted'] }, min_duration_ms: number, max_duration_ms: number, start_time: number, end_time: number,
    attributes: { type: 'array', description: 'Pairs of key and value' }, search: text, include_internal: flag, search_all_spans: flag, error: flag, slow: flag,
    sort_by: { enum: ['start_time', 'duration', 'name'] }, sort_order: { enum: ['asc', 'desc'] }, offset: number, limit: number, cursor: text,
  },
} as const;
const treeSchema = {
  type: 'object',
  required: ['trace_id'],
  properties: { trace_id: text, root_span_id: text, max_depth: number, limit: number, flat: flag, cursor: text, search: text },
} as const;
