import { writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { temporaryFolder, type TemporaryFolder } from '@motia/tools/testing';
import { node } from './support/programs.js';
import { startExec, type RunningExec, type TestExecOptions } from './support/start-exec.js';
import { isAlive, waitFor } from './support/wait-for.js';

interface Echo {
  readonly version: string;
  readonly pid: number;
}

/** A worker whose version is the content of a watched file. */
function versioned(folder: TemporaryFolder, options: TestExecOptions = {}): TestExecOptions {
  writeFileSync(folder.file('version.txt'), 'v1');
  return { watch: ['version.txt'], env: { FIXTURE_VERSION_FILE: folder.file('version.txt') }, ...options };
}
async function untilVersion(running: RunningExec, version: string): Promise<void> {
  await waitFor(`version ${version}`, async () => (await running.call<Echo>('test::echo')).version === version);
}
const livePids = (running: RunningExec) => running.host.workers.list().map((worker) => worker.pid as number);

describe('reload', () => {
  it('E6 #44 loses no call through 20 reloads at 200 calls per second', async () => {
    await using folder = temporaryFolder('exec');
    await using running = await startExec(versioned(folder, { replicas: 2 }), { folder });
    const failures: unknown[] = [];
    const seen = new Set<string>();
    const calls: Promise<void>[] = [];
    let isLoading = true;
    const load = (async () => {
      for (let nextMs = performance.now(); isLoading; nextMs += 5) {
        calls.push(running.call<Echo>('test::slow', { ms: 5 }).then((answer) => void seen.add(answer.version), (error: unknown) => void failures.push(error)));
        const waitMs = nextMs - performance.now();
        if (waitMs > 0) await pause(waitMs);
      }
    })();
    for (let index = 2; index <= 21; index++) {
      writeFileSync(folder.file('version.txt'), `v${index}`);
      await untilVersion(running, `v${index}`);
    }
    isLoading = false;
    await load;
    await Promise.all(calls);
    expect(failures).toEqual([]);
    expect(calls.length).toBeGreaterThan(400);
    expect(seen.size).toBeGreaterThanOrEqual(20);
    expect(running.processes.list()).toMatchObject([{ state: 'ready', restarts: 0 }, { state: 'ready', restarts: 0 }]);
  }, 120_000);

  it('E6 lets the old process finish its calls, then ends it', async () => {
    await using folder = temporaryFolder('exec');
    await using running = await startExec(versioned(folder, { stop_grace_ms: 60_000 }), { folder });
    const [{ pid } = {}] = running.processes.list();
    const held = await running.hold();
    writeFileSync(folder.file('version.txt'), 'v2');
    await untilVersion(running, 'v2');
    expect(isAlive(pid as number)).toBe(true);
    held.release();
    expect(await held.answer).toEqual({ version: 'v1', pid });
    await waitFor('the old process to end', () => !isAlive(pid as number));
    expect(running.host.logs.find('reloaded')).toMatchObject({ fields: { reason: 'version.txt changed' } });
  });

  it('E6 #46 keeps the old version when the new one does not come up, says so, and recovers with the next change', async () => {
    await using folder = temporaryFolder('exec');
    await using running = await startExec(versioned(folder, { replicas: 2 }), { folder });
    const pids = livePids(running);
    writeFileSync(folder.file('version.txt'), 'broken 1');
    const error = await running.host.logs.next((record) => record.level === 'error');
    expect(error.message).toMatch(/the new version did not come up, the previous one goes on serving[^]*Unexpected token in broken 1/);
    expect(running.health()).toMatchObject({ status: 'degraded', reason: expect.stringContaining('Unexpected token in broken 1') });
    expect(await running.call('test::echo')).toMatchObject({ version: 'v1' });
    expect(livePids(running)).toEqual(pids);
    expect(running.states()).toEqual(['ready', 'ready']);
    writeFileSync(folder.file('version.txt'), 'v2');
    await untilVersion(running, 'v2');
    await waitFor('health', () => running.health()?.status === 'healthy');
  });

  it('E6 keeps the old version when a command before the last fails, and does not start the new one', async () => {
    await using folder = temporaryFolder('exec');
    const options = versioned(folder, { exec: ['! grep -q unbuildable version.txt || { echo cannot build >&2; exit 9; }', [...node('worker')]] });
    await using running = await startExec(options, { folder });
    const pids = livePids(running);
    writeFileSync(folder.file('version.txt'), 'unbuildable');
    const error = await running.host.logs.next((record) => record.level === 'error');
    expect(error).toMatchObject({ message: expect.stringContaining('cannot build'), fields: { code: 'MOTIA_EXEC_COMMAND_FAILED' } });
    expect(livePids(running)).toEqual(pids);
    expect(await running.call('test::echo')).toMatchObject({ version: 'v1' });
    writeFileSync(folder.file('version.txt'), 'v2');
    await untilVersion(running, 'v2');
  });

  it('E6 keeps the old version when the new one hangs in its handshake', async () => {
    await using folder = temporaryFolder('exec');
    const options = versioned(folder, { handshake_timeout_ms: 1_500, exec: [`grep -q hang version.txt && exec ${node('half-frame').join(' ')}; exec ${node('worker').join(' ')}`] });
    await using running = await startExec(options, { folder });
    writeFileSync(folder.file('version.txt'), 'hang');
    const error = await running.host.logs.next((record) => record.level === 'error');
    expect(error).toMatchObject({ fields: { code: 'MOTIA_ENGINE_HANDSHAKE_TIMEOUT' } });
    expect(await running.call('test::echo')).toMatchObject({ version: 'v1' });
  });

  it('E6 keeps the old version when the new one is silent, although silence is allowed at the first start', async () => {
    await using folder = temporaryFolder('exec');
    const options = versioned(folder, { handshake_timeout_ms: 1_500, exec: [`grep -q hush version.txt && exec sleep 4280; exec ${node('worker').join(' ')}`] });
    await using running = await startExec(options, { folder });
    writeFileSync(folder.file('version.txt'), 'hush');
    const error = await running.host.logs.next((record) => record.level === 'error');
    expect(error).toMatchObject({ fields: { code: 'MOTIA_ENGINE_HANDSHAKE_TIMEOUT' } });
    expect(await running.call('test::echo')).toMatchObject({ version: 'v1' });
  });

  it('E6 #45 turns 200 saves within a second into at most two reloads, and runs the last one', async () => {
    await using folder = temporaryFolder('exec');
    // So much longer than the pauses between the saves that a machine which stutters does not make two bursts of one.
    await using running = await startExec(versioned(folder, { debounce_ms: 1_500 }), { folder });
    for (let index = 1; index <= 200; index++) {
      writeFileSync(folder.file('version.txt'), `save ${index}`);
      await pause(4);
    }
    await untilVersion(running, 'save 200');
    expect(running.host.logs.messages('info').filter((message) => message.startsWith('reloaded')).length).toBeLessThanOrEqual(2);
  });

  it('E6 does not reload for a touch', async () => {
    await using folder = temporaryFolder('exec');
    await using running = await startExec(versioned(folder, { watch: ['*.txt'] }), { folder });
    const pids = livePids(running);
    writeFileSync(folder.file('version.txt'), 'v1');
    writeFileSync(folder.file('other.txt'), 'new');
    await waitFor('the reload for the other file', () => running.host.logs.find('reloaded'));
    expect(running.host.logs.find('reloaded')).toMatchObject({ fields: { reason: 'other.txt changed' } });
    expect(livePids(running)).not.toEqual(pids);
  });

  it('tells the new generation that an old one is serving', async () => {
    await using folder = temporaryFolder('exec');
    await using running = await startExec(versioned(folder, { exec: ['echo "build reload=$III_EXEC_RELOAD last=$MOTIA_EXEC_LAST"', [...node('worker')]] }), { folder });
    await running.processes.reload('test');
    expect(running.output().map((record) => record.message)).toEqual(['build reload= last=0', 'build reload=1 last=0']);
    expect(await running.call('test::environment')).toMatchObject({ III_EXEC_RELOAD: '1', MOTIA_EXEC_LAST: '1' });
  });

  it('E6 replaces a process that is waiting to be restarted', async () => {
    await using folder = temporaryFolder('exec');
    await using running = await startExec(versioned(folder, { restart_delay_ms: 60_000, restart_delay_max_ms: 60_000 }), { folder });
    await running.call('test::exit', { code: 1 }).catch(() => undefined);
    await waitFor('degraded health', () => running.health()?.status === 'degraded');
    expect(running.states()).toEqual(['backoff']);
    expect(running.health()).toMatchObject({ reason: expect.stringContaining('exit code 1') });
    writeFileSync(folder.file('version.txt'), 'v2');
    await running.untilStates('ready');
    expect(await running.call('test::echo')).toMatchObject({ version: 'v2' });
  });

  it('stops a process that does not speak the protocol before it starts the new one', async () => {
    await using folder = temporaryFolder('exec');
    writeFileSync(folder.file('version.txt'), 'v1');
    // The lock stands for a port that only one process can have.
    const serve = 'mkdir lock || exit 9; trap "rmdir lock; exit 0" TERM; echo serving $(cat version.txt); while :; do sleep 0.05; done';
    await using running = await startExec({ exec: [serve], protocol: 'none', watch: ['version.txt'], term_timeout_ms: 10_000 }, { folder });
    await waitFor('the first one', () => running.output().some((record) => record.message === 'serving v1'));
    writeFileSync(folder.file('version.txt'), 'v2');
    await waitFor('the new one', () => running.output().some((record) => record.message === 'serving v2'));
    await running.untilStates('ready');
    expect(running.host.logs.messages('error')).toEqual([]);
  });

  it('refuses to reload once the engine drains', async () => {
    const running = await startExec({ stop_grace_ms: 60_000 });
    const { processes } = running;
    const held = await running.hold();
    const stopped = running.host.stop();
    await expect(processes.reload('too late')).rejects.toMatchObject({ code: 'MOTIA_EXEC_STOPPING' });
    held.release();
    await held.answer;
    await stopped;
    expect(processes.list()).toEqual([]);
    await running.folder.remove();
  });
});
