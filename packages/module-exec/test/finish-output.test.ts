import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { finishOutput } from '../src/finish-output.js';
import { OutputLines } from '../src/output-lines.js';
import { CollectedLogs } from './support/collected-logs.js';
import { HandClock } from './support/hand-clock.js';

function setUp() {
  const clock = new HandClock();
  const logs = new CollectedLogs();
  const group = { stdout: new PassThrough(), stderr: new PassThrough(), input: null };
  const output = new OutputLines({ clock, logs, source: 'node app.js', linesPerSecond: 1_000, fields: {} });
  output.read('stdout', group.stdout);
  output.read('stderr', group.stderr);
  return { clock, logs, group, output };
}

describe('the output of a process that is gone', () => {
  it('is read to its end, also when that comes late', async () => {
    const { clock, logs, group, output } = setUp();
    const finished = finishOutput(clock, group, output);
    clock.advance(1_900);
    group.stdout.end('last words');
    group.stderr.end('and the reason\n');
    await finished;
    expect(logs.messages()).toEqual(expect.arrayContaining(['last words', 'and the reason']));
  });

  it('is read to its end by whoever finishes it, though somebody paused it before', async () => {
    const { clock, logs, group, output } = setUp();
    group.stdout.pause();
    group.stdout.end('held back');
    group.stderr.end();
    await finishOutput(clock, group, output);
    expect(logs.messages()).toEqual(['held back']);
  });

  it('is let go after two seconds while somebody holds the pipes, or at once in a hurry', async () => {
    const { clock, logs, group, output } = setUp();
    const finished = finishOutput(clock, group, output);
    const arrived = once(group.stderr, 'data');
    group.stderr.write('so far');
    await arrived;
    clock.advance(2_000);
    await finished;
    expect([logs.messages(), group.stdout.destroyed, group.stderr.destroyed]).toEqual([['so far'], true, true]);
    const other = setUp();
    const hurry = new AbortController();
    const hurried = finishOutput(other.clock, other.group, other.output, { hurry: hurry.signal });
    hurry.abort();
    await hurried;
    expect(other.group.stdout.destroyed).toBe(true);
  });
});
