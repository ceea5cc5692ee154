import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { node } from './support/programs.js';
import { startExec } from './support/start-exec.js';
import { waitFor } from './support/wait-for.js';

const residentMib = (): number => Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) / 1024;

describe('output of processes', () => {
  it('E5 #39 shows raw output of a handler as log lines of its trace, and the call is intact', async () => {
    await using running = await startExec();
    const { trace, result } = running.host.functions.open('test::print', { stderr: 'native print\nwithout line end', stdout: 'stray text between frames\n', ms: 300 });
    expect(await result).toBe('printed');
    const traceId = trace.traceparent.split('-')[1];
    await waitFor('three lines', () => running.output().length === 3);
    const workerId = running.host.workers.list()[0]?.id;
    expect(running.output()).toEqual(
      expect.arrayContaining(
        [
          ['stderr', 'native print'],
          ['stderr', 'without line end'],
          ['stdout', 'stray text between frames'],
        ].map(([stream, message]) => expect.objectContaining({ stream, message, traceId, functionId: 'test::print', workerId })),
      ),
    );
  });

  it('E5 shows what a grandchild writes to the inherited stderr as lines of the call that started it', async () => {
    await using running = await startExec();
    const { trace, result } = running.host.functions.open('test::spawn', { file: 'sh', args: ['-c', 'echo from a grandchild >&2'], stdio: ['ignore', 'ignore', 'inherit'] });
    await result;
    const line = await running.host.logs.next((record) => record.message === 'from a grandchild');
    // It is tied to the call when it was written within 250 ms of its end.
    expect([undefined, trace.traceparent.split('-')[1]]).toContain(line.traceId);
    expect(line.stream).toBe('stderr');
  });

  it('E5 names the candidates when several calls run', async () => {
    await using running = await startExec();
    const held = await running.hold();
    const print = running.call('test::print', { stderr: 'whose line?\n', ms: 100 });
    const line = await running.host.logs.next((record) => record.message === 'whose line?');
    expect(line.traceId).toBeUndefined();
    expect((line.fields as { candidates: readonly string[] }).candidates).toHaveLength(2);
    await print;
    held.release();
    await held.answer;
  });

  it.each([['1 GiB on stderr', '1024', '2'], ['128 MiB on stdout', '128', '1']])('#40 survives a flood of %s within 200 MB, limits the lines and counts the rest', async (_, mebibytes, fd) => {
    await using running = await startExec({ exec: [[...node('flood-stderr', mebibytes, fd)]], protocol: 'none', output_lines_per_second: 500 });
    let highestMib = 0;
    const beforeMib = residentMib();
    await waitFor('the end of the flood', () => {
      highestMib = Math.max(highestMib, residentMib());
      return running.output().some((record) => record.message === 'the end of the flood');
    }, 60_000);
    const shown = running.output().length;
    await running.host.stop();
    const total = running.host.logs.records.filter((record) => record.message.includes('lines dropped')).reduce((sum, record) => sum + (record.fields as { dropped: number }).dropped, shown);
    expect(total).toBeGreaterThan(Number(mebibytes) * 8_000);
    // The engine is this test process: what it needs on top of what jest had.
    expect(highestMib - beforeMib).toBeLessThan(120);
  }, 90_000);
});
