import { describe, expect, it } from '@jest/globals';
import { stopwatch } from '@motia/tools/stopwatch';
import { parseStat } from '../src/process-table.js';
import { clearRemains, stopLadder } from '../src/stop-ladder.js';
import { node } from './support/programs.js';
import { realClock } from './support/real-clock.js';
import { spawnProgram, type SpawnedProgram } from './support/spawn-program.js';
import { isAlive, waitFor } from './support/wait-for.js';

function stop({ group, spawnId }: SpawnedProgram, options: Partial<Parameters<typeof stopLadder>[0]> = {}) {
  return stopLadder({
    clock: realClock, group, spawnId,
    closeInput: () => group.input?.end(),
    endsOnClosedInput: true,
    graceMs: 1_000,
    termTimeoutMs: 300,
    ...options,
  });
}
const guardOf = async (group: SpawnedProgram['group']): Promise<readonly number[]> => {
  const { readProcessTable } = await import('../src/process-table.js');
  return (await readProcessTable()).filter((entry) => entry.groupId === group.pid && !entry.isZombie).map((entry) => entry.pid);
};

describe('stop ladder', () => {
  it('E3 closes stdin first: a program that ends on that is never signalled', async () => {
    const spawned = await spawnProgram(['cat']);
    expect(await stop(spawned)).toEqual({ rung: 'input-closed', escapees: [], survivors: [] });
    expect(spawned.group.status).toEqual({ code: 0, signal: null });
  });

  it('E3 sends SIGTERM to the whole group next', async () => {
    const spawned = await spawnProgram(['sleep', '4241']);
    expect(await stop(spawned, { endsOnClosedInput: false })).toMatchObject({ rung: 'terminated' });
    expect(spawned.group.status).toEqual({ code: null, signal: 'SIGTERM' });
  });

  it('E3 #35 kills a program that ignores SIGTERM when its time is over', async () => {
    const spawned = await spawnProgram(node('ignore-sigterm'));
    expect(await spawned.nextLine()).toBe('up');
    const startedMs = performance.now();
    expect(await stop(spawned, { endsOnClosedInput: false })).toMatchObject({ rung: 'killed', survivors: [] });
    expect(performance.now() - startedMs).toBeGreaterThanOrEqual(300);
    expect(spawned.group.status).toEqual({ code: null, signal: 'SIGKILL' });
  });

  it('E3 kills a stopped program (SIGSTOP)', async () => {
    const spawned = await spawnProgram(['sleep', '4241']);
    process.kill(spawned.group.pid, 'SIGSTOP');
    expect(await stop(spawned)).toMatchObject({ rung: 'killed', survivors: [] });
    expect(isAlive(spawned.group.pid)).toBe(false);
  });

  it('E3 lets calls finish before anything else, but no longer than the grace', async () => {
    const spawned = await spawnProgram(['cat']);
    const steps: string[] = [];
    await stop(spawned, {
      graceMs: 100,
      drain: (deadline) =>
        new Promise((resolve) => {
          steps.push('drain');
          deadline.addEventListener('abort', () => {
            steps.push('grace over');
            resolve();
          });
        }),
      closeInput: () => {
        steps.push('close');
        spawned.group.input?.end();
      },
    });
    expect(steps).toEqual(['drain', 'grace over', 'close']);
  });

  it('E3 skips every wait when it is hurried, also halfway', async () => {
    const spawned = await spawnProgram(node('ignore-sigterm'));
    await spawned.nextLine();
    const hurry = new AbortController();
    const watch = stopwatch();
    const stopped = stop(spawned, { graceMs: 60_000, termTimeoutMs: 60_000, drain: () => new Promise(() => {}), hurry: hurry.signal });
    hurry.abort();
    expect(await stopped).toMatchObject({ rung: 'killed', survivors: [] });
    expect(watch.elapsedMs()).toBeLessThan(5_000);
  });

  it('E3 #34 ends grandchildren with the group, when asked to stop and when their parent died', async () => {
    for (const mode of ['stay', 'exit']) {
      const spawned = await spawnProgram(node('spawn-grandchildren', mode));
      const pids = JSON.parse(await spawned.nextLine()) as number[];
      expect(pids.every(isAlive)).toBe(true);
      if (mode === 'exit') {
        await spawned.group.exited;
        await clearRemains({ clock: realClock, ...spawned });
      } else {
        await stop(spawned);
      }
      expect(pids.filter(isAlive)).toEqual([]);
      expect(await spawned.group.members()).toEqual([]);
    }
  });

  it('E3 #36 finds, kills and names a process that left the group by setsid', async () => {
    const spawned = await spawnProgram(node('setsid-escape'));
    const [pid] = JSON.parse(await spawned.nextLine()) as [number];
    expect(await stop(spawned)).toMatchObject({ escapees: [{ pid, commandLine: 'sleep 4243', isGone: true }], survivors: [] });
    expect(isAlive(pid)).toBe(false);
  });

  it('E3 finds an escaped child even when it hid its environment', async () => {
    const spawned = await spawnProgram(['sh', '-c', 'setsid env -i sleep 4244 & echo up; wait']);
    await spawned.nextLine();
    const pid = await waitFor('the escaped sleep', async () => {
      const { readProcessTable, commandLineOf, descendantsOf } = await import('../src/process-table.js');
      for (const entry of descendantsOf(await readProcessTable(), spawned.group.pid)) if ((await commandLineOf(entry.pid)) === 'sleep 4244') return entry.pid;
      return undefined;
    });
    expect(await stop(spawned)).toMatchObject({ escapees: [{ pid, isGone: true }] });
    expect(isAlive(pid)).toBe(false);
  });

  it('E4 leaves no guard behind after any end', async () => {
    const polite = await spawnProgram(['cat']);
    await waitFor('the guard', async () => (await guardOf(polite.group)).length === 2);
    await stop(polite);
    await waitFor('the guard to go', async () => (await guardOf(polite.group)).length === 0);
    const crashed = await spawnProgram(['sh', '-c', 'exit 3']);
    await crashed.group.exited;
    await clearRemains({ clock: realClock, ...crashed });
    await waitFor('the guard to go', async () => (await guardOf(crashed.group)).length === 0);
  });

  it('reports a folder that does not exist as SPAWN_FAILED', async () => {
    const { spawnGroup } = await import('../src/process-group.js');
    const { parseCommand } = await import('../src/command.js');
    await expect(spawnGroup({ command: parseCommand('true'), cwd: '/no/such/folder', env: {}, umask: '022', input: 'ignore' })).rejects.toMatchObject({
      code: 'MOTIA_EXEC_SPAWN_FAILED',
      details: { command: 'true', cwd: '/no/such/folder' },
    });
  });

  it('reads a stat line whose program name holds blanks and parentheses', () => {
    const rest = Array.from({ length: 30 }, (_, index) => index).join(' ');
    expect(parseStat(`77 (a) S (b c) Z 12 34 ${rest}`)).toEqual({ pid: 77, parentPid: 12, groupId: 34, isZombie: true, startTime: '16' });
    expect(parseStat('garbage')).toBeUndefined();
  });
});
