import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { LogRow, TraceRow, TraceTree, TreeSpan } from '@motia/console/contract';
import { parseCommand } from '../src/cli/args.js';
import { traceColumns } from '../src/cli/observe/list-columns.js';
import { renderLogLine } from '../src/cli/observe/log-lines.js';
import { clockTime, cut, duration, renderTable, visible } from '../src/cli/observe/table.js';
import { terminalFace } from '../src/cli/observe/style.js';
import { renderWaterfall } from '../src/cli/observe/waterfall.js';
import { jsonText } from '../src/cli/observe/json-text.js';

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
    [['queues', '--slow'], '--slow does not belong to `iii queues`, which takes --json'],
  ])('refuses %j as wrong usage', (words, mention) => {
    expect(() => parseCommand(words)).toThrow(expect.objectContaining({ code: 'MOTIA_ENGINE_USAGE', message: expect.stringContaining(mention) }));
  });
});

describe('a table in the terminal', () => {
  it('aligns words left and numbers right', () => {
    const text = renderTable([{ title: 'NAME', show: ({ name }) => name }, { title: 'N', isRight: true, show: ({ n }) => String(n) }], [{ name: 'a', n: 5 }, { name: 'long', n: 12 }], 'none');
    expect(text).toBe('NAME   N\na      5\nlong  12\n');
  });
  it('says of a trace what matters most: that it runs, that it was interrupted, that something in it failed', () => {
    const row = { trace_id: traceId, name: 'GET /', start_time_unix_nano: 0, duration_ms: 1 };
    const rows = [{ ...row, status: 'unset', in_flight: true as const, has_error: true }, { ...row, status: 'interrupted', has_error: true }, { ...row, status: 'unset', has_error: true }, { ...row, status: 'unset' }];
    expect(rows.map((each) => traceColumns(0).find(({ title }) => title === 'STATUS')?.show(each as TraceRow))).toEqual(['running', 'interrupted', 'error', 'ok']);
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
    const line = renderLogLine({ timestamp_unix_nano: new Date(2026, 0, 2, 3, 4, 5, 6).getTime() * 1e6, severity_text: 'INFO', body: 'paid\nforged line', service_name: 'app', attributes: { order: 7, 'iii.function.id': 'x', 'iii.log.stream': 'logger' }, trace_id: traceId } as unknown as LogRow, new Date(2026, 0, 2).getTime());
    expect(line).toBe(`03:04:05.006 INFO  [app] paid⏎forged line order=7 trace=${traceId}\n`);
  });
});

describe('a waterfall', () => {
  const node = (name: string, startMs: number, durationMs: number, more: Partial<TreeSpan> = {}): TreeSpan => ({
    trace_id: traceId, span_id: name, parent_span_id: null, kind: 'internal', name, service_name: 'iii', attributes: [], events: [], links: [], status_description: null, start_time_unix_nano: (1_000 + startMs) * 1e6, end_time_unix_nano: (1_000 + startMs + durationMs) * 1e6, duration_ms: durationMs, status: 'ok', children: [], ...more,
  });
  const split = (known: Partial<NonNullable<TreeSpan['time_split']>>): NonNullable<TreeSpan['time_split']> => ({ wait_ms: 0, transit_ms: 0, handler_ms: 0, store_ms: 0, ...known });

  const plain = { width: 80, isColoured: false };
  const trace: TraceTree = {
    trace_id: traceId, span_count: 4, returned: 4,
    roots: [node('POST /orders', 0, 100, {
      children: [
        node('invoke steps::CreateOrder::trigger::http(POST /orders)', 10, 40, { time_split: split({ wait_ms: 20, handler_ms: 20 }), children: [node('enqueue', 30, 5)] }),
        node('attempt 1', 50, 50, { status: 'error', status_description: 'no stock' }),
      ],
    })],
  };

  it('shows every span below its parent, where its time lies, how much of it was waiting, and what failed', () => {
    expect(renderWaterfall(trace, plain)).toBe(
      [
        `trace ${traceId}   100 ms   4 spans   ✕ 1 failed`,
        '',
        `${' '.repeat(46)}0           50 ms  100 ms`,
        `POST /orders${' '.repeat(34)}${'█'.repeat(25)}   100 ms`,
        `├ invoke CreateOrder${' '.repeat(28)}░░░░░█████${' '.repeat(13)}    40 ms`,
        `│ └ enqueue${' '.repeat(42)}█${' '.repeat(17)}     5 ms`,
        `└ ✕ attempt 1${' '.repeat(45)}${'█'.repeat(13)}    50 ms`,
        '      no stock',
        '',
        '░ waiting   █ working',
        '',
      ].join('\n'),
    );
  });

  it('colours what signs say already, and only where colours are wanted', () => {
    // eslint-disable-next-line no-control-regex -- they are what it is about
    const stripped = renderWaterfall(trace, { width: 80, isColoured: true }).replace(/\u001b\[\d+m/g, '');
    expect(stripped).toBe(renderWaterfall(trace, plain));
    const environment = (more: Record<string, string>) => terminalFace({ isTerminal: true, columns: 300, environment: { TERM: 'xterm', ...more } });
    expect(environment({})).toEqual({ width: 200, isColoured: true });
    expect([environment({ NO_COLOR: '1' }).isColoured, environment({ TERM: 'dumb' }).isColoured, environment({ FORCE_COLOR: '0' }).isColoured]).toEqual([false, false, false]);
    expect(terminalFace({ isTerminal: false, columns: undefined, environment: {} })).toEqual({ width: 100, isColoured: false });
    expect(terminalFace({ isTerminal: false, columns: undefined, environment: { FORCE_COLOR: '1' } }).isColoured).toBe(true);
  });

  it('says in words where the time went where there is room, and what runs or was cut off', () => {
    expect(renderWaterfall(trace, { width: 140, isColoured: false })).toContain('40 ms  wait 20 ms, handler 20 ms');
    const text = renderWaterfall({ trace_id: traceId, span_count: 2, returned: 2, roots: [node('a', 0, 10, { in_flight: true, end_time_unix_nano: null }), node('b', 0, 10, { status: 'interrupted', children_omitted: 3 })], truncated: true }, plain);
    expect(text).toMatch(/⚡ 1 interrupted {3}◐ 1 running\n[^]*◐ a .*\n⚡ b .*\n +… 3 more below this span\n[^]*Not everything is shown/);
  });

  it('keeps within its width, wherever spans lie, however deep they are and whatever they are called', () => {
    const any = fc.letrec((tie) => ({
      node: fc.record({ name: fc.string({ unit: 'grapheme-ascii', maxLength: 90 }), at: fc.nat(1_000), took: fc.nat(1_000), waited: fc.nat(2_000), status: fc.constantFrom('ok' as const, 'error' as const, 'interrupted' as const), children: fc.oneof({ depthSize: 'medium' }, fc.constant([]), fc.array(tie('node'), { maxLength: 2 })) })
        .map(({ name, at, took, waited, status, children }) => node(name, at, took, { status, status_description: name, time_split: split({ wait_ms: waited }), children: children as TreeSpan[] })),
    })).node;
    fc.assert(fc.property(any, fc.integer({ min: 60, max: 200 }), (root, width) => {
      const lines = renderWaterfall({ trace_id: traceId, span_count: 1, returned: 1, roots: [root] }, { width, isColoured: false }).split('\n');
      return lines.slice(2).every((line) => line.length <= width);
    }));
  });
});

describe('JSON on a terminal', () => {
  it('means the same, and holds nothing that a terminal acts upon', () => {
    const value = { body: '\u001b[31m \u009b31m \u202e \u2028 ü \ud83d\ude00', list: [1, null] };
    expect(JSON.parse(jsonText(value, 2))).toEqual(value);
    // eslint-disable-next-line no-control-regex -- control characters are the subject
    expect(jsonText(value)).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u202e]/);
  });
});
