import { nextTurn } from '@motia/engine-core';
import type { SpanData } from '../record/span-data.js';
import { readCursor, writeCursor } from './cursor.js';
import { InputReader, spanIdText, traceIdText } from './input-reader.js';
import { splitTime, viewSpan, type SpanView, type SpanViewer, type TimeSplit } from './span-view.js';
import { containsText } from './trace-query.js';

export interface TreeQuery {
  readonly traceId: string;
  readonly rootSpanId: string | undefined;
  readonly maxDepth: number;
  readonly limit: number;
  readonly isFlat: boolean;
  /** Spans before this one of the flat list are left out. */
  readonly skip: number;
  readonly search: string | undefined;
  readonly isClamped: boolean;
}

export interface TreeSpan extends SpanView {
  readonly time_split?: TimeSplit;
  readonly children: TreeSpan[];
  /** Children that did not fit: ask again with `root_span_id`. */
  children_omitted?: number;
  readonly matches?: true;
}
export interface FlatSpan extends SpanView {
  readonly time_split?: TimeSplit;
  readonly depth: number;
  readonly child_count: number;
  readonly matches?: true;
}

const mostSpans = 50_000;
/** Deeper than any chain of calls; chains of messages go on with `root_span_id`. */
const deepest = 128;
const flatSort = 'tree';
/** Spans that are put into their final form before others get their turn. */
const spansPerTurn = 2_000;

/** @throws `MOTIA_OTEL_INVALID_QUERY` */
export function parseTreeQuery(payload: unknown): TreeQuery {
  const input = new InputReader('engine::traces::tree', payload);
  const traceId = input.text('trace_id', traceIdText)?.toLowerCase();
  if (traceId === undefined && !input.has('trace_id')) input.problem('trace_id', 'is required');
  const isFlat = input.flag('flat');
  const cursor = input.text('cursor');
  const after = cursor === undefined ? undefined : readCursor(cursor, flatSort);
  if (cursor !== undefined && (after === undefined || !isFlat || typeof after.key !== 'number' || after.id !== traceId)) input.problem('cursor', 'is none that a flat list of this trace has given out');
  const query = {
    traceId: traceId ?? '',
    rootSpanId: input.text('root_span_id', spanIdText)?.toLowerCase(),
    maxDepth: input.count('max_depth', { least: 1, most: deepest, fallback: deepest }),
    limit: input.count('limit', { least: 1, most: mostSpans, fallback: 10_000 }),
    isFlat,
    skip: typeof after?.key === 'number' ? after.key : 0,
    search: input.text('search')?.toLowerCase(),
  };
  input.done();
  return { ...query, isClamped: input.isClamped };
}

/** Spans by parent, in order of time. Spans whose parent is not known are roots; of those that lie in a circle, the first one. */
export class SpanForest {
  readonly roots: readonly SpanData[];
  readonly #children = new Map<string, SpanData[]>();

  constructor(spans: readonly SpanData[], rootSpanId?: string) {
    const known = new Set(spans.map(({ spanId }) => spanId));
    const roots: SpanData[] = [];
    for (const span of spans) {
      const { parentSpanId } = span;
      if (parentSpanId === undefined || !known.has(parentSpanId) || parentSpanId === span.spanId) roots.push(span);
      else {
        const siblings = this.#children.get(parentSpanId);
        if (siblings === undefined) this.#children.set(parentSpanId, [span]);
        else siblings.push(span);
      }
    }
    for (const siblings of this.#children.values()) siblings.sort(byStart);
    this.#cutCircles(spans, roots);
    this.roots = rootSpanId === undefined ? roots.sort(byStart) : spans.filter(({ spanId }) => spanId === rootSpanId);
  }

  childrenOf({ spanId }: SpanData): readonly SpanData[] {
    return this.#children.get(spanId) ?? none;
  }

  /** Whatever no root leads to becomes one, and is nobody's child any more. */
  #cutCircles(spans: readonly SpanData[], roots: SpanData[]): void {
    const reached = new Set<SpanData>();
    const reach = (from: readonly SpanData[]): void => {
      const waiting = [...from];
      for (let span = waiting.pop(); span !== undefined; span = waiting.pop()) {
        if (reached.has(span)) continue;
        reached.add(span);
        for (const child of this.childrenOf(span)) waiting.push(child);
      }
    };
    reach(roots);
    if (reached.size === spans.length) return;
    for (const span of spans.filter((each) => !reached.has(each)).sort(byStart)) {
      if (reached.has(span)) continue;
      const parentId = span.parentSpanId ?? '';
      this.#children.set(parentId, (this.#children.get(parentId) ?? []).filter((child) => child !== span));
      roots.push(span);
      reach([span]);
    }
  }
}
const none: readonly SpanData[] = [];

function byStart(a: SpanData, b: SpanData): number {
  return a.startMs - b.startMs || (a.spanId < b.spanId ? -1 : 1);
}

/** The nested form: level by level, so that what is cut is what lies deepest. */
export async function nestedTree(forest: SpanForest, query: TreeQuery, viewer: SpanViewer): Promise<{ readonly roots: readonly TreeSpan[]; readonly returned: number; readonly isTruncated: boolean }> {
  const roots: TreeSpan[] = [];
  let level = forest.roots.map((span) => ({ span, into: roots, parent: undefined as TreeSpan | undefined }));
  let returned = 0;
  let isTruncated = false;
  for (let depth = 1; level.length > 0; depth += 1) {
    const below: typeof level = [];
    for (const { span, into, parent } of level) {
      if (returned >= query.limit) {
        isTruncated = true;
        if (parent !== undefined) parent.children_omitted = (parent.children_omitted ?? 0) + 1;
        continue;
      }
      const children = forest.childrenOf(span);
      const split = splitTime(span, children);
      const shown: TreeSpan = { ...viewSpan(span, viewer), ...(split === undefined ? {} : { time_split: split }), ...matching(span, query), children: [] };
      into.push(shown);
      returned += 1;
      if (depth < query.maxDepth) for (const child of children) below.push({ span: child, into: shown.children, parent: shown });
      else if (children.length > 0) {
        isTruncated = true;
        shown.children_omitted = children.length;
      }
      if (returned % spansPerTurn === 0) await nextTurn();
    }
    level = below;
  }
  return { roots, returned, isTruncated };
}

/** The flat form: the tree from top to bottom, page by page. */
export async function flatTree(forest: SpanForest, query: TreeQuery, viewer: SpanViewer): Promise<{ readonly spans: readonly FlatSpan[]; readonly nextCursor: string | undefined }> {
  const spans: FlatSpan[] = [];
  const waiting = [...forest.roots].reverse().map((span) => ({ span, depth: 0 }));
  let index = 0;
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { span, depth } = next;
    const children = forest.childrenOf(span);
    if (depth + 1 < query.maxDepth) for (let child = children.length - 1; child >= 0; child -= 1) waiting.push({ span: children[child] as SpanData, depth: depth + 1 });
    index += 1;
    if (index <= query.skip) continue;
    if (spans.length === query.limit) return { spans, nextCursor: writeCursor({ sort: flatSort, key: index - 1, id: query.traceId }) };
    const split = splitTime(span, children);
    spans.push({ ...viewSpan(span, viewer), ...(split === undefined ? {} : { time_split: split }), ...matching(span, query), depth, child_count: children.length });
    if (spans.length % spansPerTurn === 0) await nextTurn();
  }
  return { spans, nextCursor: undefined };
}

function matching(span: SpanData, { search }: TreeQuery): { readonly matches?: true } {
  return search !== undefined && containsText(span, search) ? { matches: true } : {};
}
