import type { TraceTree, TreeSpan } from '@motia/console/contract';
import { tinted, type TerminalFace, type Tone } from './style.js';
import { cut, duration, visible } from './table.js';


interface Row {
  readonly node: TreeSpan;
  /** Lines that lead to it, and those that go on below it. */
  readonly branch: string;
  readonly stem: string;
}

const timeWidth = 8;
/** From here on there is room for where the time went, in words. */
const wideFrom = 120;
const splitWidth = 40;
const deepestBranch = 24;

/**
 * A trace as a person reads it in a terminal: one line a span, nested, with where in the whole its time lies. `░` is time
 * spent waiting for somebody to do it, `█` the work. Failures carry ✕ and their message, what is open ◐, what a crash cut off ⚡.
 */
export function renderWaterfall({ trace_id: traceId, span_count: count, roots, truncated }: TraceTree, face: TerminalFace): string {
  const rows = rowsOf(roots, '', true);
  const startMs = Math.min(...rows.map(({ node }) => startOf(node)));
  const wholeMs = Math.max(Math.max(...rows.map(({ node }) => startOf(node) + node.duration_ms)) - startMs, 0.001);
  const isWide = face.width >= wideFrom;
  const barWidth = Math.max(16, Math.floor((face.width - (isWide ? splitWidth : 0)) * 0.32));
  const nameWidth = face.width - barWidth - timeWidth - 2 - (isWide ? splitWidth : 0);
  const lines = [...headOf(rows, { traceId, count, wholeMs, face }), '', ruler(nameWidth, barWidth, wholeMs, face)];
  let hasWaited = false;
  for (const { node, branch, stem } of rows) {
    const waitedMs = (node.time_split?.['wait_ms'] ?? 0) + (node.time_split?.['transit_ms'] ?? 0);
    const { before, waiting, working, after } = bar({ offsetMs: startOf(node) - startMs, lengthMs: node.duration_ms, waitedMs, wholeMs }, barWidth);
    hasWaited ||= waiting > 0;
    const tone = toneOf(node);
    const mark = markOf(node);
    const lead = branch.length > deepestBranch ? `…${branch.slice(branch.length - deepestBranch + 1)}` : branch;
    const room = nameWidth - lead.length - mark.length;
    const name = nameOf(visible(node.name), room);
    lines.push(
      `${tinted(lead, 'quiet', face)}${tinted(`${mark}${name}`, tone, face)}${' '.repeat(Math.max(0, room - name.length))} ` +
        `${' '.repeat(before)}${tinted('░'.repeat(waiting), 'quiet', face)}${tinted('█'.repeat(working), tone ?? 'bar', face)}${' '.repeat(after)} ${duration(node.duration_ms).padStart(timeWidth)}${isWide ? tinted(splitText(node), 'quiet', face) : ''}`.trimEnd(),
    );
    const below = (text: string, of: Tone | undefined): void => void lines.push(`${tinted(stem, 'quiet', face)}${tinted(cut(text, Math.max(20, face.width - stem.length)), of, face)}`);
    if (node.status === 'error' && typeof node.status_description === 'string' && node.status_description !== '') below(`  ${visible(node.status_description)}`, 'error');
    if (node.children_omitted !== undefined && node.children_omitted > 0) below(`  … ${node.children_omitted} more below this span`, 'quiet');
  }
  if (hasWaited) lines.push('', tinted('░ waiting   █ working', 'quiet', face));
  if (truncated === true) lines.push('', 'Not everything is shown: the trace has more spans than fit here (--json gives them page by page).');
  return `${lines.join('\n')}\n`;
}

function headOf(rows: readonly Row[], { traceId, count, wholeMs, face }: { readonly traceId: string; readonly count: number; readonly wholeMs: number; readonly face: TerminalFace }): readonly string[] {
  const number = (of: (node: TreeSpan) => boolean): number => rows.filter(({ node }) => of(node)).length;
  const errors = number(({ status }) => status === 'error');
  const interrupted = number(({ status }) => status === 'interrupted');
  const open = number(({ in_flight: isOpen }) => isOpen === true);
  const facts = [
    duration(wholeMs), `${count} ${count === 1 ? 'span' : 'spans'}`,
    ...(errors === 0 ? [] : [tinted(`✕ ${errors} failed`, 'error', face)]), ...(interrupted === 0 ? [] : [tinted(`⚡ ${interrupted} interrupted`, 'warning', face)]), ...(open === 0 ? [] : [tinted(`◐ ${open} running`, 'warning', face)]),
  ];
  return [`trace ${tinted(traceId, 'strong', face)}   ${facts.join('   ')}`];
}

function ruler(nameWidth: number, barWidth: number, wholeMs: number, face: TerminalFace): string {
  const [zero, half, end] = ['0', duration(wholeMs / 2), duration(wholeMs)];
  const gap = Math.floor(barWidth / 2) - zero.length;
  const middle = `${' '.repeat(gap)}${half}`;
  const hasMiddle = zero.length + middle.length + end.length < barWidth;
  const line = hasMiddle ? `${zero}${middle}${end.padStart(barWidth - zero.length - middle.length)}` : `${zero}${end.padStart(barWidth - zero.length)}`;
  return tinted(`${' '.repeat(nameWidth + 1)}${line}`, 'quiet', face);
}

function rowsOf(nodes: readonly TreeSpan[], stem: string, isTop: boolean): readonly Row[] {
  return nodes.flatMap((node, index) => {
    const isLast = index === nodes.length - 1;
    const own = isTop ? '' : `${stem}${isLast ? '└ ' : '├ '}`;
    const below = isTop ? '' : `${stem}${isLast ? '  ' : '│ '}`;
    const hasChildren = node.children.length > 0;
    return [{ node, branch: own, stem: `${below}${hasChildren ? '│ ' : '  '}` }, ...rowsOf(node.children, below, false)];
  });
}

function startOf(node: TreeSpan): number {
  return node.start_time_unix_nano / 1e6;
}

function toneOf({ status, in_flight: isOpen }: TreeSpan): Tone | undefined {
  if (status === 'error') return 'error';
  return status === 'interrupted' || isOpen === true ? 'warning' : undefined;
}

function markOf({ status, in_flight: isOpen }: TreeSpan): string {
  if (status === 'error') return '✕ ';
  if (status === 'interrupted') return '⚡ ';
  return isOpen === true ? '◐ ' : '';
}

/** Functions of Steps repeat what the span above says: where room is short, the Step's name says enough. */
export function nameOf(name: string, room: number): string {
  if (name.length <= room) return name;
  return cut(name.replace(/steps::(.+?)::trigger::.*$/, '$1'), Math.max(1, room));
}

/** Where a span lies in the whole, in characters: at least one for it, never beyond the end. */
export function bar(
  { offsetMs, lengthMs, waitedMs, wholeMs }: { readonly offsetMs: number; readonly lengthMs: number; readonly waitedMs: number; readonly wholeMs: number }, width: number,
): { readonly before: number; readonly waiting: number; readonly working: number; readonly after: number } {
  const before = Math.min(width - 1, Math.max(0, Math.floor((offsetMs / wholeMs) * width)));
  const length = Math.min(width - before, Math.max(1, Math.round((lengthMs / wholeMs) * width)));
  const waiting = lengthMs <= 0 ? 0 : Math.min(length - 1, Math.max(0, Math.round((Math.min(waitedMs, lengthMs) / lengthMs) * length)));
  return { before, waiting, working: length - waiting, after: width - before - length };
}

function splitText({ time_split: split }: TreeSpan): string {
  if (split === undefined) return '';
  const parts = Object.entries(split).filter(([, ms]) => ms >= 0.05).map(([part, ms]) => `${part.replace(/_ms$/, '')} ${duration(ms)}`);
  return parts.length === 0 ? '' : cut(`  ${parts.join(', ')}`, splitWidth);
}
