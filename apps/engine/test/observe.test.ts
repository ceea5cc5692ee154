import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseCommand } from '../src/cli/args.js';
import { renderLogLine } from '../src/cli/observe/log-lines.js';
import { clockTime, cut, duration, renderTable, visible } from '../src/cli/observe/table.js';
import { bar, renderWaterfall, type TreeNode } from '../src/cli/observe/waterfall.js';

const traceId = '0af7651916cd43dd8448eb211c80319c';

describe('the commands that look at a running engine', () => {
  it.each([
    [['logs'], { name: 'logs', json: false, follow: false, limit: 50 }],
    [['logs', '-f', '--trace', traceId.toUpperCase(), '--level', 'warn', '--limit', '7', '--json'], { name: 'logs', json: true, follow: true, traceId, level: 'warn', limit: 7 }],
    [['traces', '--slow', '--error'], { name: 'traces', slow: true, error: true }],
    [['trace', traceId], { name: 'trace', traceId }],
    [['queues', '--json'], { name: 'queues', json: true }],
    [['crons'], { name: 'crons' }],
    [['workers', '-c', 'x.yaml'], { name: 'workers', config: { kind: 'file', path: 'x.yaml' } }],
  ])('understands %j', (words, expected) => {
    expect(parseCommand(words)).toMatchObject(expected);
  });

  it.each([
    [['trace'], 'needs the id'],
    [['trace', 'abc'], '32 hexadecimal digits'],
    [['logs', '--trace', 'abc'], '32 hexadecimal digits'],
    [['logs', '--level', 'loud'], '--level'],
    [['traces', '--limit', '0'], '1 to 200'],
    [['traces', '--limit', '201'], '1 to 200'],
    [['queues', 'more'], 'unknown command'],
  ])('refuses %j as wrong usage', (words, mention) => {
    expect(() => parseCommand(words)).toThrow(expect.objectContaining({ code: 'MOTIA_ENGINE_USAGE', message: expect.stringContaining(mention) }));
  });
});

describe('a table in the terminal', () => {
  it('aligns words left and numbers right', () => {
    const text = renderTable([{ title: 'NAME', show: ({ name }) => name }, { title: 'N', isRight: true, show: ({ n }) => String(n) }], [{ name: 'a', n: 5 }, { name: 'long', n: 12 }], 'none');
    expect(text).toBe('NAME   N\na      5\nlong  12\n');
  });
  it('says so when there is nothing', () => {
    expect(renderTable([], [], 'no queues')).toBe('no queues\n');
  });
  it('never lets a value move the cursor, colour the terminal or begin a line', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (value) => {
      const text = renderTable([{ title: 'V', show: () => value }], [0], '');
      // eslint-disable-next-line no-control-regex -- they are what it is about
      return !/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/.test(text) && text.split('\n').length === 3;
    }));
  });
  it('cuts, and says that it did', () => {
    expect([cut('abc', 3), cut('abcd', 3)]).toEqual(['abc', 'ab…']);
    expect(visible('\u001b[31mred\n\u202e')).toBe('\\x1b[31mred⏎\\x202e');
  });
  it.each([[0.0004, '0 µs'], [0.87, '870 µs'], [1, '1 ms'], [45.25, '45.3 ms'], [999, '999 ms'], [1_234, '1.23 s'], [90_000, '1.5 min'], [Number.NaN, '-']])('shows %d ms as %s', (ms, text) => {
    expect(duration(ms)).toBe(text);
  });
  it('shows the day only when it is another one', () => {
    const now = new Date(2026, 0, 2, 12).getTime();
    expect(clockTime(new Date(2026, 0, 2, 3, 4, 5, 6).getTime(), now)).toBe('03:04:05.006');
    expect(clockTime(new Date(2026, 0, 1, 3, 4, 5, 6).getTime(), now)).toBe('2026-01-01 03:04:05.006');
  });
});

describe('a log line', () => {
  it('is one line, with time, level, source, message, fields and trace', () => {
    const line = renderLogLine({ timestamp_unix_nano: new Date(2026, 0, 2, 3, 4, 5, 6).getTime() * 1e6, severity_text: 'INFO', body: 'paid\nforged line', service_name: 'app', attributes: { order: 7, 'iii.function.id': 'x' }, trace_id: traceId }, new Date(2026, 0, 2).getTime());
    expect(line).toBe(`03:04:05.006 INFO  [app] paid⏎forged line order=7 trace=${traceId}\n`);
  });
});

describe('a waterfall', () => {
  const node = (name: string, startMs: number, durationMs: number, more: Partial<TreeNode> = {}): TreeNode => ({
    span_id: name, name, service_name: 'iii', start_time_unix_nano: (1_000 + startMs) * 1e6, end_time_unix_nano: (1_000 + startMs + durationMs) * 1e6, duration_ms: durationMs, status: 'ok', children: [], ...more,
  });

  it('shows every span below its parent, where its time lies, where it went, and what failed', () => {
    const text = renderWaterfall({
      trace_id: traceId, span_count: 3,
      roots: [node('POST /orders', 0, 100, { time_split: { wait_ms: 0, handler_ms: 60 }, children: [node('enqueue', 10, 5), node('attempt 1', 50, 50, { status: 'error', status_description: 'no stock' })] })],
    });
    const lines = text.split('\n');
    expect(lines[0]).toBe(`trace ${traceId}   100 ms   3 spans   1 with errors`);
    expect(lines[2]).toMatch(/^· POST \/orders +█{32} +100 ms {2}\(handler 60 ms\)$/);
    expect(lines[3]).toMatch(/^ {2}· enqueue +───██─+ +5 ms$/);
    expect(lines[4]).toMatch(/^ {2}✕ attempt 1 +─{16}█{16} +50 ms$/);
    expect(lines[5]).toBe('      no stock');
  });

  it('never draws beyond its width, wherever a span lies', () => {
    fc.assert(fc.property(fc.double({ min: -10, max: 2_000, noNaN: true }), fc.double({ min: 0, max: 2_000, noNaN: true }), fc.double({ min: 0.001, max: 1_000, noNaN: true }), (offset, length, whole) => bar(offset, length, whole).length === 32 && bar(offset, length, whole).includes('█')));
  });
});
