import { mkdirSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { temporaryFolder } from '@motia/tools/testing';
import { node } from './support/programs.js';
import { startExec, type RunningExec } from './support/start-exec.js';
import { isAlive, waitFor } from './support/wait-for.js';

async function crash(running: RunningExec, times: number): Promise<readonly number[]> {
  for (let index = 0; index < times; index++) await running.call('test::exit', { code: 1 }).catch(() => undefined);
  await running.call('test::echo');
  return running.host.logs.records.filter((record) => record.level === 'error').map((record) => (record.fields as { retryInMs: number }).retryInMs);
}

describe('restart options', () => {
  it('E2 double the wait per crash up to restart_delay_max_ms', async () => {
    await using running = await startExec({ restart_delay_ms: 40, restart_delay_max_ms: 100, restart_max_crashes: 100 });
    const waits = await crash(running, 3);
    for (const [index, exact] of [40, 80, 100].entries()) {
      expect(waits[index]).toBeGreaterThanOrEqual(exact * 0.8);
      expect(waits[index]).toBeLessThanOrEqual(exact * 1.2);
    }
  });

  it('E2 start over after restart_reset_ms of health', async () => {
    await using running = await startExec({ restart_delay_ms: 40, restart_reset_ms: 0 });
    expect(Math.max(...(await crash(running, 3)))).toBeLessThanOrEqual(48);
  });

  it('E2 count crashes within restart_window_ms only', async () => {
    await using running = await startExec({ restart_max_crashes: 2, restart_window_ms: 1 });
    expect(await crash(running, 4)).toHaveLength(4);
  });
});

describe('watch options', () => {
  it('wait for debounce_ms of quiet', async () => {
    await using folder = temporaryFolder('exec');
    await using running = await startExec({ watch: ['*.txt'], debounce_ms: 700 }, { folder });
    const startedMs = performance.now();
    writeFileSync(folder.file('a.txt'), 'x');
    await running.host.logs.next((record) => record.message.startsWith('reloaded'));
    expect(performance.now() - startedMs).toBeGreaterThanOrEqual(700);
  });

  it('do not see what `ignore` names', async () => {
    await using folder = temporaryFolder('exec');
    mkdirSync(folder.file('generated'));
    await using running = await startExec({ watch: ['**/*.txt'], ignore: ['generated'] }, { folder });
    writeFileSync(folder.file('generated', 'a.txt'), 'x');
    writeFileSync(folder.file('b.txt'), 'x');
    const reloaded = await running.host.logs.next((record) => record.message.startsWith('reloaded'));
    expect(reloaded.fields).toMatchObject({ reason: 'b.txt changed' });
  });
});

describe('limits', () => {
  it('command_timeout_ms bounds a command that is not the last', async () => {
    await expect(startExec({ exec: ['sleep 4295', [...node('worker')]], command_timeout_ms: 100 }, { mode: 'production' })).rejects.toMatchObject({
      details: { codes: ['MOTIA_EXEC_COMMAND_TIMEOUT'] },
    });
  });

  it('output_lines_per_second bounds the lines of one process', async () => {
    await using running = await startExec({ output_lines_per_second: 5 });
    await running.call('test::print', { stderr: 'line\n'.repeat(50) });
    const dropped = await running.host.logs.next((record) => record.message.includes('lines dropped'));
    expect(dropped.fields).toMatchObject({ dropped: 45 });
    expect(running.output()).toHaveLength(5);
  });

  it('#41 a process that does not read makes calls fail instead of the engine grow, and goes on when it reads again', async () => {
    await using running = await startExec({ heartbeat_interval_ms: 0 });
    const [{ pid } = {}] = running.processes.list();
    process.kill(pid as number, 'SIGSTOP');
    const payload = 'x'.repeat(64 * 1024);
    const outcomes = Array.from({ length: 400 }, () => running.call('test::echo', payload, { timeoutMs: 60_000 }).then(() => 'answered', (error: { code: string }) => error.code));
    await waitFor('a refusal', () => Promise.race([...outcomes, Promise.resolve(undefined)]));
    process.kill(pid as number, 'SIGCONT');
    const counted = new Set(await Promise.all(outcomes));
    expect(counted).toEqual(new Set(['answered', 'MOTIA_ENGINE_WORKER_BACKPRESSURE']));
    expect(await running.call('test::echo')).toMatchObject({ pid });
  });

  it('#42 a process that breaks the protocol three times is killed and started again', async () => {
    await using running = await startExec();
    const [{ pid } = {}] = running.processes.list();
    await running.call('test::print', { stdout: 'Content-Length: nonsense\r\n\r\n'.repeat(3) }).catch(() => undefined);
    const error = await running.host.logs.next((record) => record.level === 'error');
    expect(error.fields).toMatchObject({ code: 'MOTIA_EXEC_PROCESS_FAULTY' });
    expect(await running.call<{ pid: number }>('test::echo')).not.toMatchObject({ pid });
    expect(isAlive(pid as number)).toBe(false);
  });
});
