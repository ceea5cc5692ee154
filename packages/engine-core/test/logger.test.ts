import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { stopwatch } from '@motia/tools/stopwatch';
import { createLogger, lineSink, type LineSinkOptions, type WritePort } from '../src/index.js';
import { fromWireError } from '@motia/protocol';
import type { LogRecord } from '../src/contract/index.js';
import { toJsonLine, longestLineBytes } from '../src/logger/json-lines.js';
import { createLogHub } from '../src/logger/log-hub.js';
import { toPlainFields } from '../src/logger/plain-fields.js';
import { toPrettyLine } from '../src/logger/pretty-lines.js';

const time = Date.UTC(2026, 0, 2, 3, 4, 5, 678);
const record = (more: Partial<LogRecord> = {}): LogRecord => ({ level: 'info', time, message: 'hello', source: 'engine', ...more });
const parse = (line: string): Record<string, unknown> => JSON.parse(line) as Record<string, unknown>;

interface TestPort extends WritePort {
  readonly writes: string[];
  isSlow: boolean;
  drain(): void;
}

/** A port that keeps what is written, and can be slow. */
function port(more: Partial<WritePort> = {}): TestPort {
  const waiting: (() => void)[] = [];
  const self: TestPort = {
    writes: [],
    isSlow: false,
    isTerminal: false,
    wantsColour: false,
    write(text) {
      self.writes.push(text);
      return !self.isSlow;
    },
    onceDrained: (listener) => void waiting.push(listener),
    drain() {
      self.isSlow = false;
      for (const listener of waiting.splice(0)) listener();
    },
    ...more,
  };
  return self;
}
const logTo = (options: Partial<LineSinkOptions> & { readonly port: WritePort }) => {
  const sink = lineSink({ format: 'json', ...options });
  return { sink, logger: createLogger({ sink, clock: { now: () => time }, source: 'engine' }) };
};
const endOfTurn = (): Promise<void> => Promise.resolve();

describe('JSON lines', () => {
  it('are one object per line, with what the writer added nested under fields', () => {
    const line = toJsonLine(record({ traceId: 't', spanId: 's', functionId: 'f', invocationId: 'i', workerId: 'w', stream: 'stderr', fields: { level: 'error', time: 'never', traceId: 'forged', n: 1 } }));
    expect(line.endsWith('\n')).toBe(true);
    expect(parse(line)).toEqual({
      time: '2026-01-02T03:04:05.678Z', level: 'info', source: 'engine', message: 'hello', traceId: 't', spanId: 's', functionId: 'f', invocationId: 'i', workerId: 'w', stream: 'stderr',
      fields: { level: 'error', time: 'never', traceId: 'forged', n: 1 },
    });
    expect(Object.keys(parse(line)).slice(0, 4)).toEqual(['time', 'level', 'source', 'message']);
  });

  it('hold no control character, escape sequence or direction mark, whatever is logged', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.dictionary(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' })), (message, fields) => {
        const line = toJsonLine(record({ message, fields }));
        // eslint-disable-next-line no-control-regex -- control characters are the subject
        expect(line.slice(0, -1)).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/);
      }),
    );
  });

  it('give back the message exactly', () => {
    fc.assert(fc.property(fc.string({ unit: 'grapheme' }), (message) => expect(parse(toJsonLine(record({ message })))['message']).toBe(message)));
  });

  it('are never longer than 64 KiB, and say how much was left out', () => {
    for (const unit of ['x', '\u001b', 'é', '😀', '"']) {
      const line = toJsonLine(record({ message: unit.repeat(100_000), fields: { big: 'y'.repeat(1_000_000) }, functionId: 'z'.repeat(100_000) }));
      expect(Buffer.byteLength(line)).toBeLessThanOrEqual(longestLineBytes);
      expect(parse(line)['truncatedBytes']).toBeGreaterThan(longestLineBytes);
    }
  });

  it('survive everything that JSON does not', () => {
    const circular: Record<string, unknown> = { name: 'loop' };
    circular['self'] = circular;
    const getter = Object.defineProperty({}, 'x', { enumerable: true, get: () => { throw new Error('no'); } });
    const error = Object.assign(new Error('outer', { cause: new Error('inner') }), { code: 'E_TEST' });
    const line = parse(toJsonLine(record({ fields: { circular, getter, error, big: 10n, fn: () => 1, symbol: Symbol('s'), nan: NaN, map: new Map([['a', 1]]), set: new Set([1]), buffer: Buffer.from('abc'), date: new Date(0), bad: new Date(NaN), nothing: undefined } })));
    expect(line['fields']).toMatchObject({
      circular: { name: 'loop', self: '[circular]' }, getter: '[unreadable]', error: { message: 'outer', code: 'E_TEST', cause: { message: 'inner' } },
      big: '10', fn: '[function]', symbol: '[symbol]', nan: 'NaN', map: { a: 1 }, set: [1], buffer: '[3 bytes]', date: '1970-01-01T00:00:00.000Z',
    });
  });

  it('bound the work for a record of any shape', () => {
    const wide = Array.from({ length: 1_000_000 }, (_, index) => ({ index }));
    const watch = stopwatch('thread');
    expect(Buffer.byteLength(toJsonLine(record({ fields: { wide } })))).toBeLessThanOrEqual(longestLineBytes);
    expect(watch.elapsedMs()).toBeLessThan(500);
  });
});

describe('pretty lines', () => {
  it('take no more of lists within lists than of anything else', () => {
    const row = Array.from({ length: 1_000 }, () => 1);
    const seen = JSON.stringify(toPlainFields({ matrix: Array.from({ length: 1_000 }, () => row), set: new Set(row.map((_, n) => n)), map: new Map(row.map((_, n) => [n, n])) }));
    expect(seen.length).toBeLessThan(32_000);
    expect(seen).toContain('[cut]');
    expect(toPlainFields({ list: [1, 2, 3] })).toEqual({ list: [1, 2, 3] });
  });

  it('say what errors are called, whatever that is', () => {
    expect(JSON.parse(toJsonLine(record({ fields: { error: Object.assign(new Error('no'), { name: 10n }) } })))).toMatchObject({ fields: { error: { name: '10', message: 'no' } } });
  });

  it('are for people, with errors below and without anything a terminal would act on', () => {
    const line = toPrettyLine(record({ level: 'warn', message: 'red \u001b[31m alert\nforged line', source: '@motia/module-rest', traceId: '0123456789abcdef', fields: { port: 3111, path: 'a b', error: new Error('boom\u001b[2J') } }), false);
    const [first, ...rest] = line.split('\n');
    expect(first).toMatch(/^\d\d:\d\d:\d\d\.678 WARN {2}rest red \\u001b\[31m alert port=3111 path="a b" trace=01234567$/);
    expect(rest.join('\n')).toMatch(/^ {4}forged line\n {4}Error: boom\\u001b\[2J\n {8}at /);
  });

  it('show the lines of a message as an indented block, the hint last', () => {
    const line = toPrettyLine(record({ level: 'error', message: 'it does not build:\n  | a.step.ts:1:32: Unexpected "=>"\r\n  | \u001b[31mred', fields: { hint: 'Fix it.', code: 'X' } }), false);
    expect(line.split('\n').slice(1)).toEqual(['      | a.step.ts:1:32: Unexpected "=>"', '      | \\u001b[31mred', '    hint: Fix it.', '']);
    expect(line.split('\n')[0]).toMatch(/it does not build: code=X$/);
    expect(toJsonLine(record({ message: 'a\nb' })).split('\n')).toHaveLength(2);
  });

  it('show the frames of users below an error with a code, and none of ours', () => {
    const error = (stack: string) => Object.assign(fromWireError({ code: 'MOTIA_ENGINE_X', message: 'late', retryable: false, status: 504 }), { stack });
    const ours = '    at expire (file:///a/packages/engine-core/dist/invoker.js:1:1)\n    at process (node:internal/timers:1:1)\n    at x (/a/node_modules/@motia/module-rest/dist/a.js:2:2)';
    expect(toPrettyLine(record({ fields: { error: error(`MotiaError: late\n${ours}`) } }), false).split('\n').slice(1)).toEqual(['    MOTIA_ENGINE_X: late', '']);
    expect(toPrettyLine(record({ fields: { error: error(`Error: late\n    at handler (/app/a.step.ts:3:4)\n${ours}`) } }), false).split('\n').slice(1)).toEqual(['    Error: late', '        at handler (/app/a.step.ts:3:4)', '']);
    expect((parse(toJsonLine(record({ fields: { error: error(`MotiaError: late\n${ours}`) } })))['fields'] as { error: unknown }).error).not.toHaveProperty('stack');
  });

  it('are coloured only where colour is wanted', () => {
    expect(toPrettyLine(record(), true)).toContain('\u001b[32mINFO \u001b[0m');
    // eslint-disable-next-line no-control-regex -- control characters are the subject
    expect(toPrettyLine(record(), false)).not.toMatch(/\u001b/);
  });
});

describe('lineSink', () => {
  it('writes all lines of one turn at once', async () => {
    const out = port();
    const { logger } = logTo({ port: out });
    logger.info('one');
    logger.info('two');
    expect(out.writes).toEqual([]);
    await endOfTurn();
    expect(out.writes).toHaveLength(1);
    expect(out.writes[0]?.split('\n')).toHaveLength(3);
  });

  it('hands over what waits when it is flushed', () => {
    const out = port();
    const { logger, sink } = logTo({ port: out });
    logger.info('last words');
    sink.flush();
    expect(out.writes).toHaveLength(1);
  });

  it('leaves out what is below its level', async () => {
    const out = port();
    const { logger } = logTo({ port: out, level: 'warn' });
    for (const level of ['trace', 'debug', 'info', 'warn', 'error'] as const) logger[level](level);
    await endOfTurn();
    expect(out.writes.join('').trim().split('\n').map((line) => parse(line)['level'])).toEqual(['warn', 'error']);
  });

  it('is pretty on a terminal and JSON elsewhere', async () => {
    for (const isTerminal of [true, false]) {
      const out = port({ isTerminal });
      const { logger } = logTo({ port: out, format: 'auto' });
      logger.info('hello');
      await endOfTurn();
      expect(out.writes[0]?.startsWith('{')).toBe(!isTerminal);
    }
  });

  it('holds a bounded amount for a slow reader, then says how many lines it dropped', async () => {
    const out = port();
    out.isSlow = true;
    const { logger } = logTo({ port: out, maxBufferedCharacters: 500 });
    logger.info('first');
    await endOfTurn();
    for (let n = 0; n < 100; n += 1) logger.info(`line ${n}`);
    await endOfTurn();
    expect(out.writes).toHaveLength(1);
    out.drain();
    const lines = out.writes.slice(1).join('').trim().split('\n').map(parse);
    const told = lines.at(-1);
    expect(lines.length).toBeLessThan(12);
    expect(told).toMatchObject({ level: 'warn', fields: { dropped: 100 - (lines.length - 1) } });
  });

  it('can be told anew which lines, in which form and of whom', async () => {
    const out = port();
    const { sink, logger } = logTo({ port: out, level: 'warn' });
    logger.info('too low');
    sink.configure({ level: 'debug', format: 'pretty', showsProcesses: false });
    logger.debug('shown');
    sink.log(record({ message: 'printed by a process', stream: 'stdout' }));
    sink.log(record({ message: 'printed by a process', workerId: 'w' }));
    await endOfTurn();
    expect(out.writes.join('')).toMatch(/shown/);
    expect(out.writes.join('')).not.toMatch(/too low|printed by a process|\{/);
  });

  it('O1 never throws into the code that logs, nor out of it', async () => {
    const { logger } = logTo({ port: port({ write: () => { throw new Error('EPIPE'); } }) });
    const hub = createLogHub([{ log: () => { throw new Error('broken sink'); } }]);
    const seen: LogRecord[] = [];
    hub.add({ log: (each) => void seen.push(each) });
    expect(() => {
      logger.child({ scope: 1 }).info('x', { get bad(): unknown { throw new Error('getter'); } });
      logger.info('x', { get bad(): unknown { throw new Error('getter'); } });
      hub.log(record());
    }).not.toThrow();
    await endOfTurn();
    expect(seen).toHaveLength(1);
  });
});

describe('createLogger', () => {
  it('puts ids of the scope beside the message and everything else under fields', () => {
    const records: LogRecord[] = [];
    const logger = createLogger({ sink: { log: (each) => void records.push(each) }, clock: { now: () => time }, source: 'rest' });
    logger.child({ traceId: 'abc', module: 'rest' }).child({ functionId: 'fn', n: 1 }).info('hello', { n: 2, traceId: 'not the id' });
    expect(records).toEqual([{ level: 'info', time, message: 'hello', source: 'rest', traceId: 'abc', functionId: 'fn', fields: { module: 'rest', n: 2, traceId: 'not the id' } }]);
  });
});
