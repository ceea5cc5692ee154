import { describe, expect, it } from '@jest/globals';
import type { LogRecord } from '@motia/engine-core/contract';
import { OutputLines } from '../src/output-lines.js';
import { visibleText } from '../src/visible-text.js';
import { HandClock } from './support/hand-clock.js';

function setUp(linesPerSecond = 1_000) {
  const clock = new HandClock();
  const records: LogRecord[] = [];
  const output = new OutputLines({ clock, logs: { log: (record) => records.push(record) }, source: 'node app.js', linesPerSecond, fields: { owner: 'exec:exec#0' } });
  return { clock, records, output, messages: () => records.map((record) => record.message) };
}

describe('output lines', () => {
  it('makes one record per line, with source, stream and owner', () => {
    const { output, records } = setUp();
    output.write('stderr', Buffer.from('one\ntwo\n'));
    expect(records).toEqual([
      { level: 'info', time: expect.any(Number), message: 'one', source: 'node app.js', stream: 'stderr', fields: { owner: 'exec:exec#0' } },
      { level: 'info', time: expect.any(Number), message: 'two', source: 'node app.js', stream: 'stderr', fields: { owner: 'exec:exec#0' } },
    ]);
  });

  it('E5 shows text without a line end after 200 ms', () => {
    const { output, clock, messages } = setUp();
    output.write('stdout', Buffer.from('Name? '));
    clock.advance(199);
    expect(messages()).toEqual([]);
    clock.advance(1);
    expect(messages()).toEqual(['Name? ']);
  });

  it('leaves the lines of a failure to whoever reports the end, and shows them itself when nobody does', () => {
    const failure = Buffer.from('Built 1 step file in 3 ms\nMOTIA_SDK_BUILD_FAILED: The app does not build:\n  a.step.ts:1:2: no\n');
    const levels = (end: (set: ReturnType<typeof setUp>) => void): readonly string[] => {
      const set = setUp();
      set.output.write('stderr', failure);
      expect(set.messages()).toEqual(['Built 1 step file in 3 ms']);
      end(set);
      expect(set.messages()).toHaveLength(3);
      return set.records.map(({ level }) => level);
    };
    expect(levels(({ output }) => output.finish({ isReported: true }))).toEqual(['info', 'debug', 'debug']);
    expect(levels(({ output }) => output.finish())).toEqual(['info', 'info', 'info']);
    expect(levels(({ output }) => output.live())).toEqual(['info', 'info', 'info']);
    expect(levels(({ clock }) => clock.advance(1_000))).toEqual(['info', 'info', 'info']);
    const up = setUp();
    up.output.live();
    up.output.write('stderr', failure);
    expect(up.messages()).toHaveLength(3);
  });

  it('E5 ties a line to the call that was running', () => {
    const { output, records } = setUp();
    output.worker = { id: 'w1', runningCalls: () => [{ invocationId: 'i', functionId: 'f', traceId: 't', spanId: 's' }] };
    output.write('stderr', Buffer.from('hello\n'));
    output.text('from stdout');
    expect(records).toMatchObject([
      { message: 'hello', stream: 'stderr', workerId: 'w1', traceId: 't', spanId: 's', functionId: 'f', invocationId: 'i' },
      { message: 'from stdout', stream: 'stdout', workerId: 'w1', traceId: 't' },
    ]);
  });

  it('lists the candidates where several calls may have written it', () => {
    const { output, records } = setUp();
    const call = (invocationId: string) => ({ invocationId, functionId: 'f', traceId: 't', spanId: 's' });
    output.worker = { id: 'w1', runningCalls: () => [call('a'), call('b')] };
    output.write('stderr', Buffer.from('whose?\n'));
    expect(records[0]).toMatchObject({ fields: { candidates: ['a', 'b'] } });
    expect(records[0]).not.toHaveProperty('traceId');
  });

  it('makes control characters visible, so that stored output forges neither lines nor colours', () => {
    const { output, messages } = setUp();
    output.write('stderr', Buffer.from('\u001b[31mred\u001b[0m\tx\rover\n'));
    expect(messages()).toEqual(['\\u001b[31mred\\u001b[0m\tx\\u000dover']);
    expect(visibleText('a\u0085b\u0007')).toBe('a\\u0085b\\u0007');
  });

  it('lets output_lines_per_second through and counts the rest once a second', () => {
    const { output, clock, messages } = setUp(10);
    output.write('stderr', Buffer.from('line\n'.repeat(100)));
    expect(messages()).toHaveLength(10);
    clock.advance(1_000);
    expect(messages().at(-1)).toMatch(/^90 lines dropped/);
    output.write('stderr', Buffer.from('after\n'));
    expect(messages().at(-1)).toBe('after');
  });

  it('keeps the last lines for the message about the end, even those that were dropped', () => {
    const { output } = setUp(5);
    output.write('stderr', Buffer.from(`${'noise\n'.repeat(1_000)}Error: the cause\n`));
    expect(output.lastLines().at(-1)).toBe('Error: the cause');
  });

  it('shows what is left when it is finished, the count of dropped lines included', () => {
    const { output, messages } = setUp(1);
    output.write('stderr', Buffer.from('a\nb\nc\n'));
    output.finish();
    expect(messages()).toEqual(['a', expect.stringMatching(/^2 lines dropped/)]);
  });
});
