import { AsyncLocalStorage } from 'node:async_hooks';
import { PassThrough } from 'node:stream';
import { Console } from 'node:console';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import type { LogEntry } from '@motia/protocol';
import { installOutputCapture, type OutputCaptureOptions, type OutputScope } from '../../src/output/index.js';

function setup(options: OutputCaptureOptions = {}, emit?: (entry: LogEntry) => void) {
  const stdout = new PassThrough() as unknown as NodeJS.WriteStream & PassThrough;
  const stderr = new PassThrough() as unknown as NodeJS.WriteStream & PassThrough;
  const storage = new AsyncLocalStorage<OutputScope>();
  const entries: LogEntry[] = [];
  const capture = installOutputCapture(storage, emit ?? ((entry) => entries.push(entry)), { stdout, stderr, now: () => 1_000, ...options });
  const scope = (invocationId = 'i1'): OutputScope => ({ invocationId, functionId: 'steps::a', traceId: 't1', spanId: 's1', output: undefined });
  return { stdout, stderr, storage, entries, capture, scope, passed: () => String(stdout.read() ?? '') };
}

describe('Output capture', () => {
  it('E5 turns each line of a handler into one entry with the ids of its invocation', () => {
    const { stdout, stderr, storage, entries, capture, scope } = setup();
    storage.run(scope(), () => {
      stdout.write('one\ntwo\n');
      stderr.write('bad\n');
    });
    const ids = { timestamp: 1_000, invocationId: 'i1', functionId: 'steps::a', traceId: 't1', spanId: 's1' };
    expect(entries).toEqual([
      { level: 'info', message: 'one', source: 'stdout', ...ids },
      { level: 'info', message: 'two', source: 'stdout', ...ids },
      { level: 'error', message: 'bad', source: 'stderr', ...ids },
    ]);
    capture.uninstall();
  });

  it('with echo prints what it captures as well, as it was', async () => {
    const { stdout, storage, entries, capture, scope, passed } = setup({ echo: true });
    const written = new Promise<unknown>((resolve) => storage.run(scope(), () => stdout.write('one\nha', resolve)));
    storage.run(scope(), () => stdout.write(Buffer.from('lf\n')));
    expect(entries.map(({ message }) => message)).toEqual(['one', 'lf']);
    expect(passed()).toBe('one\nhalf\n');
    await written;
    capture.uninstall();
  });

  it('E5 keeps the half lines of two invocations apart and hands them on when each ends', () => {
    const { stdout, storage, entries, capture, scope } = setup();
    const [first, second] = [scope('first'), scope('second')];
    storage.run(first, () => stdout.write('a'));
    storage.run(second, () => stdout.write('b'));
    storage.run(first, () => stdout.write('A'));
    expect(entries).toEqual([]);
    capture.flushInvocation(second);
    capture.flushInvocation(first);
    expect(entries.map(({ invocationId, message }) => [invocationId, message])).toEqual([
      ['second', 'b'],
      ['first', 'aA'],
    ]);
    capture.uninstall();
  });

  it('emits output that comes after the end of its invocation at once, half lines too', () => {
    const { stdout, storage, entries, capture, scope } = setup();
    const ended = scope();
    capture.flushInvocation(ended);
    storage.run(ended, () => stdout.write('late'));
    expect(entries.map(({ message }) => message)).toEqual(['late']);
    capture.uninstall();
  });

  it('captures console methods, which write through the stream', () => {
    const { stdout, stderr, storage, entries, capture, scope } = setup();
    const console = new Console(stdout, stderr);
    storage.run(scope(), () => {
      console.log('hello %s', 'you', { a: 1 });
      console.error('no');
    });
    expect(entries.map(({ level, message }) => [level, message])).toEqual([
      ['info', 'hello you { a: 1 }'],
      ['error', 'no'],
    ]);
    capture.uninstall();
  });

  it('passes output outside any invocation on untouched', () => {
    const { stdout, entries, capture, passed } = setup();
    stdout.write('boot\nhalf');
    expect(passed()).toBe('boot\nhalf');
    expect(entries).toEqual([]);
    capture.uninstall();
  });

  it('decodes bytes, and text in other encodings', () => {
    const { stdout, storage, entries, capture, scope } = setup();
    const euro = Buffer.from('€\n');
    storage.run(scope(), () => {
      stdout.write(euro.subarray(0, 1));
      stdout.write(new Uint8Array(euro.subarray(1)));
      stdout.write(Buffer.from('hex\n').toString('hex'), 'hex');
      stdout.write(Buffer.from('b64\n').toString('base64'), 'base64');
    });
    expect(entries.map(({ message }) => message)).toEqual(['€', 'hex', 'b64']);
    capture.uninstall();
  });

  it('keeps the meaning of write: true, and the callback later, once', async () => {
    const { stdout, storage, capture, scope } = setup();
    const called: string[] = [];
    storage.run(scope(), () => {
      expect(stdout.write('a', () => called.push('without encoding'))).toBe(true);
      expect(stdout.write('b', 'utf8', () => called.push('with encoding'))).toBe(true);
      expect(called).toEqual([]);
    });
    await nextTurn();
    expect(called).toEqual(['without encoding', 'with encoding']);
    capture.uninstall();
  });

  it('leaves it to the original write to refuse what is neither text nor bytes', () => {
    const { stdout, storage, capture, scope } = setup();
    expect(() => storage.run(scope(), () => stdout.write(42 as unknown as string))).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARG_TYPE' }));
    capture.uninstall();
  });

  it('neither recurses into nor throws out of a log sink that prints and fails', () => {
    let calls = 0;
    const { stdout, storage, capture, scope, passed } = setup({}, () => {
      calls += 1;
      stdout.write('from the sink\n');
      throw new Error('sink');
    });
    storage.run(scope(), () => stdout.write('x\n'));
    expect(calls).toBe(1);
    expect(passed()).toBe('from the sink\n');
    capture.uninstall();
  });

  it('drops what comes faster than the limits, counts it and says so once there is room again', () => {
    let now = 0;
    const { stdout, storage, entries, capture, scope } = setup({ limits: { linesPerSecond: 3 }, monotonicMs: () => now });
    const invocation = scope();
    storage.run(invocation, () => stdout.write('1\n2\n3\n4\n5\n'));
    expect(entries).toHaveLength(3);
    now = 1_000;
    storage.run(invocation, () => stdout.write('6\n'));
    expect(entries.slice(3).map(({ level, message, data }) => ({ level, message, data }))).toEqual([
      { level: 'warn', message: '2 lines dropped: output came faster than the limit', data: { dropped: 2 } },
      { level: 'info', message: '6', data: undefined },
    ]);
    expect(capture.droppedLines).toBe(2);
    capture.uninstall();
  });

  it('says how many lines were dropped at the end of the invocation when nothing follows', () => {
    const { stdout, storage, entries, capture, scope } = setup({ limits: { charactersPerSecond: 4 }, monotonicMs: () => 0 });
    const invocation = scope();
    storage.run(invocation, () => stdout.write('abcd\nefgh\n'));
    capture.flushInvocation(invocation);
    expect(entries.map(({ message }) => message)).toEqual(['abcd', '1 line dropped: output came faster than the limit']);
    capture.uninstall();
  });

  it('cuts a line that never ends, so that memory stays bounded', () => {
    const { stdout, storage, entries, capture, scope } = setup({ maxLineLength: 10 });
    storage.run(scope(), () => {
      for (let index = 0; index < 5; index += 1) stdout.write('abcdef');
    });
    expect(entries.map(({ message }) => message)).toEqual(['abcdefabcd', 'efabcdefab']);
    capture.uninstall();
  });

  it('puts the original methods back', () => {
    const { stdout, storage, entries, capture, scope, passed } = setup();
    expect(Object.hasOwn(stdout, 'write')).toBe(true);
    capture.uninstall();
    capture.uninstall();
    expect(Object.hasOwn(stdout, 'write')).toBe(false);
    storage.run(scope(), () => stdout.write('plain'));
    expect(passed()).toBe('plain');
    expect(entries).toEqual([]);
  });

  it('steps aside even when somebody patched write after it', () => {
    const { stdout, storage, entries, capture, scope, passed } = setup();
    const ours = stdout.write;
    stdout.write = ((chunk: string) => Reflect.apply(ours, stdout, [`[${chunk}]`]) as boolean) as typeof stdout.write;
    capture.uninstall();
    storage.run(scope(), () => stdout.write('x'));
    expect(passed()).toBe('[x]');
    expect(entries).toEqual([]);
  });
});
