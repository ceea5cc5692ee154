import { mkdirSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { stopwatch } from '@motia/tools/stopwatch';
import { temporaryFolder } from '@motia/tools/testing';
import { node } from './support/programs.js';
import { startExec } from './support/start-exec.js';
import { isAlive, waitFor } from './support/wait-for.js';

interface Echo {
  readonly version: string;
  readonly pid: number;
  readonly payload: unknown;
}

describe('ExecModule', () => {
  it('E1 is ready when the functions of its process are registered, and answers calls', async () => {
    await using running = await startExec();
    expect(running.states()).toEqual(['ready']);
    expect(running.health()).toMatchObject({ status: 'healthy' });
    expect(await running.call<Echo>('test::echo', { a: 1 })).toEqual({ version: 'v1', pid: running.processes.list()[0]?.pid, payload: { a: 1 } });
    expect(running.processes.list()).toEqual([{ owner: 'exec:exec#0', command: expect.stringContaining('worker.mjs'), state: 'ready', restarts: 0, pid: expect.any(Number), startedAt: expect.any(Number) }]);
  });

  it('runs the commands before the last in order, then the last', async () => {
    await using running = await startExec({ exec: ['echo building > built; echo build log', 'test -f built && echo second', [...node('worker')]] });
    expect(running.output().map((record) => record.message)).toEqual(['build log', 'second']);
    expect(running.states()).toEqual(['ready']);
  });

  it('sets cwd, env, umask and the marks of a child for every command', async () => {
    await using running = await startExec({ exec: ['mkdir -p inner', [...node('worker')]], env: { EXTRA: 'yes', 'with-dash': 'too' }, umask: '027' });
    const env = await running.call<Record<string, string>>('test::environment');
    expect(env).toMatchObject({ EXTRA: 'yes', 'with-dash': 'too', MOTIA_EXEC_LAST: '1', III_EXEC_OWNER: 'exec:exec#0', III_EXEC_GROUP: '1', III_ENGINE_PID: String(process.pid) });
    expect(env).not.toHaveProperty('III_EXEC_RELOAD');
    expect(await running.call('test::cwd')).toBe(running.folder.path);
    expect(await running.call('test::umask')).toBe(0o027);
  });

  it('runs in `cwd`, relative to the folder of the config', async () => {
    await using folder = temporaryFolder('exec');
    mkdirSync(folder.file('app'));
    await using running = await startExec({ cwd: 'app' }, { folder });
    expect(await running.call('test::cwd')).toBe(folder.file('app'));
  });

  it('shares calls between replicas, and one that dies takes nothing with it', async () => {
    await using running = await startExec({ replicas: 3 });
    expect(running.states()).toEqual(['ready', 'ready', 'ready']);
    const slow = await Promise.all(Array.from({ length: 6 }, () => running.call<Echo>('test::slow', { ms: 150 })));
    expect(new Set(slow.map((answer) => answer.pid)).size).toBe(3);
    process.kill(running.processes.list()[1]?.pid as number, 'SIGKILL');
    await waitFor('the loss to be noticed', () => running.host.workers.list().length < 3);
    const answers = await Promise.all(Array.from({ length: 30 }, () => running.call<Echo>('test::echo').catch((error: { code: string }) => error.code)));
    expect(answers.every((answer) => typeof answer === 'object')).toBe(true);
    await running.untilStates('ready', 'ready', 'ready');
    expect(running.processes.list().map((entry) => entry.restarts)).toEqual([0, 1, 0]);
  });

  it('E2 #25 fails the calls of a process that dies at once, and restarts it while new calls wait', async () => {
    await using running = await startExec();
    const [before] = running.processes.list();
    const inFlight = running.call('test::slow', { ms: 60_000 }).catch((error: { code: string }) => error.code);
    await running.call('test::echo');
    process.kill(before?.pid as number, 'SIGKILL');
    const watch = stopwatch();
    expect(await inFlight).toBe('MOTIA_ENGINE_WORKER_LOST');
    expect(watch.elapsedMs()).toBeLessThan(2_000);
    const after = await running.call<Echo>('test::echo');
    expect(after.pid).not.toBe(before?.pid);
    expect(running.processes.list()).toMatchObject([{ state: 'ready', restarts: 1 }]);
    await waitFor('health', () => running.health()?.status === 'healthy');
  });

  it('E2 #26 takes an exit 0 nobody asked for as a crash', async () => {
    await using running = await startExec();
    await expect(running.call('test::exit', { code: 0 })).rejects.toMatchObject({ code: 'MOTIA_ENGINE_WORKER_LOST' });
    await running.call('test::echo');
    expect(running.processes.list()).toMatchObject([{ state: 'ready', restarts: 1 }]);
    expect(running.host.logs.messages('error')).toEqual([expect.stringMatching(/ended by itself with exit code 0 after \d+ ms/)]);
  });

  it.each([
    ['busy loop', async (running: Awaited<ReturnType<typeof startExec>>) => void running.call('test::busy').catch(() => undefined)],
    ['SIGSTOP', async (running: Awaited<ReturnType<typeof startExec>>) => void process.kill(running.processes.list()[0]?.pid as number, 'SIGSTOP')],
  ])('E2 #27 #28 kills and restarts a process that hangs: %s', async (_, hang) => {
    await using running = await startExec({ heartbeat_interval_ms: 400 });
    const [before] = running.processes.list();
    await running.call('test::echo');
    await hang(running);
    const error = await running.host.logs.next((record) => record.level === 'error');
    expect(error).toMatchObject({ message: expect.stringContaining('was killed'), fields: { code: 'MOTIA_EXEC_PROCESS_HUNG' } });
    expect(isAlive(before?.pid as number)).toBe(false);
    expect((await running.call<Echo>('test::echo')).pid).not.toBe(before?.pid);
  });

  it('E2 #29 reports a process that ran out of memory as that', async () => {
    await using running = await startExec({ exec: [[process.execPath, '--max-old-space-size=30', ...node('worker').slice(1)]] });
    await expect(running.call('test::heap', undefined, { timeoutMs: 60_000 })).rejects.toMatchObject({ code: 'MOTIA_ENGINE_WORKER_LOST' });
    const error = await running.host.logs.next((record) => record.level === 'error');
    expect(error).toMatchObject({ message: expect.stringContaining('ran out of memory'), fields: { code: 'MOTIA_EXEC_PROCESS_OUT_OF_MEMORY' } });
    expect(error.message).toContain('heap out of memory');
  });

  it('E2 #31 gives up on a process that flaps, with its last stderr, and starts it again on request', async () => {
    await using running = await startExec({ restart_max_crashes: 3 });
    for (let crash = 0; crash < 3; crash++) await running.call('test::exit', { code: 7 }).catch(() => undefined);
    await running.untilStates('fatal');
    expect(running.health()).toMatchObject({ status: 'unhealthy', reason: expect.stringContaining('failed 3 times within 60 s') });
    expect(running.processes.list()[0]?.lastError).toContain('exit code 7');
    await running.call('engine::processes::restart', { reason: 'a person said so' });
    expect(running.states()).toEqual(['ready']);
    expect(running.health()).toMatchObject({ status: 'healthy' });
    expect(await running.call('engine::processes::list')).toMatchObject({ processes: [{ owner: 'exec:exec#0', state: 'ready' }] });
  });

  it('E3 #34 takes grandchildren down with a process that crashed', async () => {
    await using running = await startExec();
    const { pid } = await running.call<{ pid: number }>('test::spawn', { file: 'sleep', args: ['4260'] });
    const escaped = await running.call<{ pid: number }>('test::spawn', { file: 'sleep', args: ['4261'], detached: true });
    expect([pid, escaped.pid].every(isAlive)).toBe(true);
    await running.call('test::exit', { code: 1 }).catch(() => undefined);
    await running.call('test::echo');
    expect([pid, escaped.pid].filter(isAlive)).toEqual([]);
    expect(running.host.logs.find('had left the group')?.message).toContain('sleep 4261');
  });

  it('E2 restarts a process that closed its connection but goes on running', async () => {
    await using running = await startExec({ env: { FIXTURE_ON_EOF: 'ignore' } });
    const [before] = running.processes.list();
    await running.call('test::close-stdout').catch(() => undefined);
    expect((await running.call<Echo>('test::echo')).pid).not.toBe(before?.pid);
    expect(isAlive(before?.pid as number)).toBe(false);
    expect(running.host.logs.messages('error')).toEqual([expect.stringContaining('closed its connection without ending')]);
  });

  it('E3 #35 stops within its grace and the time for SIGTERM even when the process ignores everything', async () => {
    const running = await startExec({ env: { FIXTURE_ON_SIGTERM: 'ignore', FIXTURE_ON_EOF: 'ignore' }, stop_grace_ms: 200 });
    const [{ pid } = {}] = running.processes.list();
    // It answers nothing any more, so that it does not see `shutdown` either.
    void running.call('test::busy').catch(() => undefined);
    await waitFor('the call to run', () => running.host.workers.list()[0]?.inFlight === 1);
    const watch = stopwatch();
    await running[Symbol.asyncDispose]();
    expect(watch.elapsedMs()).toBeLessThan(200 + 500 + 500 + 2_000);
    expect(isAlive(pid as number)).toBe(false);
  });

  it('E3 lets a call that is in flight finish before it stops', async () => {
    const running = await startExec({ stop_grace_ms: 60_000 });
    const held = await running.hold();
    const stopped = running[Symbol.asyncDispose]();
    held.release();
    expect(await held.answer).toMatchObject({ version: 'v1' });
    await stopped;
  });

  it('#49 stops at once when it is hurried while it drains', async () => {
    const running = await startExec({ stop_grace_ms: 60_000 });
    const [{ pid } = {}] = running.processes.list();
    const slow = running.call('test::slow', { ms: 60_000 }).catch((error: { code: string }) => error.code);
    await waitFor('the call to run', () => running.host.workers.list()[0]?.inFlight === 1);
    const stopped = running.host.stop();
    const watch = stopwatch();
    await running.host.stop({ drainTimeoutMs: 0 });
    await stopped;
    expect(watch.elapsedMs()).toBeLessThan(1_500);
    expect(isAlive(pid as number)).toBe(false);
    expect(await slow).toBe('MOTIA_ENGINE_WORKER_LOST');
    await running.folder.remove();
  });

  it('replaces a process over memory_limit_mb without losing a call', async () => {
    await using running = await startExec({ memory_limit_mb: 150, memory_check_interval_ms: 50 });
    const [before] = running.processes.list();
    const slow = running.call<Echo>('test::slow', { ms: 700 });
    await running.call('test::allocate', { mib: 150 });
    await waitFor('another process', () => running.processes.list()[0]?.pid !== before?.pid && running.states()[0] === 'ready');
    expect((await running.call<Echo>('test::echo')).pid).not.toBe(before?.pid);
    expect(await slow).toMatchObject({ pid: before?.pid });
    expect(running.processes.list()).toMatchObject([{ restarts: 0 }]);
    expect(running.host.logs.find('over the limit of 150 MiB')).toBeDefined();
    await waitFor('the old process to end', () => !isAlive(before?.pid as number));
  });
});
