import { cut, duration, visible } from './table.js';

/** A span of `engine::traces::tree` with its children. */
export interface TreeNode {
  readonly span_id: string;
  readonly name: string;
  readonly service_name: string;
  readonly start_time_unix_nano: number;
  readonly end_time_unix_nano: number | null;
  readonly duration_ms: number;
  readonly status: string;
  readonly status_description?: string | null;
  readonly in_flight?: boolean;
  readonly time_split?: Readonly<Record<string, number>>;
  readonly children: readonly TreeNode[];
  readonly children_omitted?: number;
}
export interface TraceTree {
  readonly trace_id: string;
  readonly span_count: number;
  readonly roots: readonly TreeNode[];
  readonly truncated?: boolean;
}

const barWidth = 32;
const nameWidth = 56;
const marks: Readonly<Record<string, string>> = { error: '✕', interrupted: '⚡' };

/** A trace as a person reads it in a terminal: one line a span, nested, with where in the whole its time lies. */
export function renderWaterfall({ trace_id: traceId, span_count: count, roots, truncated }: TraceTree): string {
  const all = flatten(roots, 0);
  const startMs = Math.min(...all.map(({ node }) => startOf(node)));
  const endMs = Math.max(...all.map(({ node }) => startOf(node) + node.duration_ms));
  const wholeMs = Math.max(endMs - startMs, 0.001);
  const errors = all.filter(({ node }) => node.status === 'error').length;
  const lines = [`trace ${traceId}   ${duration(wholeMs)}   ${count} ${count === 1 ? 'span' : 'spans'}${errors === 0 ? '' : `   ${errors} with errors`}`, ''];
  for (const { node, depth } of all) {
    const name = cut(`${'  '.repeat(depth)}${marks[node.status] ?? (node.in_flight === true ? '◐' : '·')} ${visible(node.name)}`, nameWidth);
    lines.push(`${name.padEnd(nameWidth)} ${bar(startOf(node) - startMs, node.duration_ms, wholeMs)} ${duration(node.duration_ms).padStart(9)}${splitText(node)}`);
    if (node.status === 'error' && typeof node.status_description === 'string' && node.status_description !== '') lines.push(`${'  '.repeat(depth + 1)}  ${cut(visible(node.status_description), 120)}`);
    if (node.children_omitted !== undefined && node.children_omitted > 0) lines.push(`${'  '.repeat(depth + 1)}… ${node.children_omitted} more below this span`);
  }
  if (truncated === true) lines.push('', 'Not everything is shown: the trace has more spans than fit here (--json gives them page by page).');
  return `${lines.join('\n')}\n`;
}

function flatten(nodes: readonly TreeNode[], depth: number): readonly { readonly node: TreeNode; readonly depth: number }[] {
  return nodes.flatMap((node) => [{ node, depth }, ...flatten(node.children, depth + 1)]);
}

function startOf(node: TreeNode): number {
  return node.start_time_unix_nano / 1e6;
}

/** Where a span lies in the whole: at least one mark, never beyond the end. */
export function bar(offsetMs: number, lengthMs: number, wholeMs: number): string {
  const from = Math.min(barWidth - 1, Math.max(0, Math.floor((offsetMs / wholeMs) * barWidth)));
  const length = Math.min(barWidth - from, Math.max(1, Math.round((lengthMs / wholeMs) * barWidth)));
  return `${'─'.repeat(from)}${'█'.repeat(length)}${'─'.repeat(barWidth - from - length)}`;
}

function splitText({ time_split: split }: TreeNode): string {
  if (split === undefined) return '';
  const parts = Object.entries(split).filter(([, ms]) => ms > 0).map(([part, ms]) => `${part.replace(/_ms$/, '')} ${duration(ms)}`);
  return parts.length === 0 ? '' : `  (${parts.join(', ')})`;
}
