import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { temporaryFolder, type TemporaryFolder } from '@motia/tools/testing';
import { GroupRecords } from '../src/group-records.js';
import { startTimeOf } from '../src/process-table.js';
import { clearRemains } from '../src/stop-ladder.js';
import { CollectedLogs } from './support/collected-logs.js';
import { realClock } from './support/real-clock.js';
import { spawnProgram } from './support/spawn-program.js';
import { isAlive, waitFor } from './support/wait-for.js';

const thisEngine = { pid: process.pid, startTime: startTimeOf(process.pid) ?? '' };
/** A pid that is ours with a start time that is not: an engine that is gone and whose pid was given away again. */
const deadEngine = { pid: process.pid, startTime: '1' };

function records(folder: TemporaryFolder, engine: typeof thisEngine, instanceId = 'exec') {
  const logs = new CollectedLogs();
  const kept = new GroupRecords({ runtimeDir: folder.file('run'), baseDir: '/app', instanceId, engine, logger: logs.logger });
  kept.open();
  return { kept, logs };
}

describe('group records', () => {
  it('E4 are there while a group is, readable by the user alone, and gone after', async () => {
    await using folder = temporaryFolder();
    const spawned = await spawnProgram(['sleep', '4250']);
    const { kept } = records(folder, thisEngine);
    kept.add(spawned.group, spawned.spawnId);
    const [name] = readdirSync(folder.file('run')) as [string];
    expect(JSON.parse(readFileSync(folder.file('run', name), 'utf8'))).toEqual({
      engine: thisEngine,
      groups: [{ pid: spawned.group.pid, startTime: startTimeOf(spawned.group.pid), spawnId: spawned.spawnId, command: 'sleep 4250' }],
    });
    await clearRemains({ clock: realClock, ...spawned });
    kept.remove(spawned.group);
    expect(readdirSync(folder.file('run'))).toEqual([]);
  });

  it('E4 #37 lead the next start to the groups of an engine that is gone', async () => {
    await using folder = temporaryFolder();
    const spawned = await spawnProgram(['sleep', '4251']);
    records(folder, deadEngine).kept.add(spawned.group, spawned.spawnId);
    const { kept, logs } = records(folder, thisEngine, 'exec-2');
    await kept.sweep();
    await waitFor('the swept process to end', () => !isAlive(spawned.group.pid));
    expect(logs.messages()).toEqual([expect.stringContaining('which an earlier engine had left running')]);
    expect(readdirSync(folder.file('run'))).toEqual([]);
    await clearRemains({ clock: realClock, ...spawned });
  });

  it('E4 #38 never lead to a recycled pid: another start time is another process', async () => {
    await using folder = temporaryFolder();
    const innocent = await spawnProgram(['sleep', '4252']);
    mkdirSync(folder.file('run'));
    records(folder, deadEngine).kept.add({ ...innocent.group, pid: innocent.group.pid, startTime: '12345', command: innocent.group.command } as typeof innocent.group, 'no-such-spawn-id');
    await records(folder, thisEngine, 'exec-2').kept.sweep();
    expect(isAlive(innocent.group.pid)).toBe(true);
    expect(readdirSync(folder.file('run'))).toEqual([]);
    await clearRemains({ clock: realClock, ...innocent });
  });

  it('leave the groups of a living engine and of another project alone', async () => {
    await using folder = temporaryFolder();
    const spawned = await spawnProgram(['sleep', '4253']);
    records(folder, thisEngine, 'exec').kept.add(spawned.group, spawned.spawnId);
    await records(folder, thisEngine, 'exec-2').kept.sweep();
    const elsewhere = new GroupRecords({ runtimeDir: folder.file('run'), baseDir: '/other', instanceId: 'exec', engine: thisEngine, logger: new CollectedLogs().logger });
    elsewhere.open();
    await elsewhere.sweep();
    expect(isAlive(spawned.group.pid)).toBe(true);
    expect(readdirSync(folder.file('run'))).toHaveLength(1);
    await clearRemains({ clock: realClock, ...spawned });
  });

  it('that are cut off or forged signal nobody and are removed', async () => {
    await using folder = temporaryFolder();
    const { kept } = records(folder, thisEngine);
    const prefix = (name: string) => name.slice(0, name.indexOf('-'));
    const spawned = await spawnProgram(['sleep', '4254']);
    kept.add(spawned.group, spawned.spawnId);
    const own = prefix((readdirSync(folder.file('run')) as [string])[0]);
    for (const [index, text] of ['{"engine":{"pid":1', '{"engine":{"pid":2,"startTime":"x"},"groups":[{"pid":-1,"startTime":"x","spawnId":"aaaaaaaaa"}]}', '{"engine":{"pid":2,"startTime":"x"},"groups":[{"pid":99999999,"startTime":"x","spawnId":""}]}'].entries()) {
      writeFileSync(folder.file('run', `${own}-bad${index}.json`), text);
    }
    await kept.sweep();
    expect(readdirSync(folder.file('run'))).toHaveLength(1);
    expect(isAlive(spawned.group.pid)).toBe(true);
    await clearRemains({ clock: realClock, ...spawned });
    kept.remove(spawned.group);
  });

  it('are given up, with a notice, where the folder cannot be used', async () => {
    await using folder = temporaryFolder();
    writeFileSync(folder.file('file'), '');
    const logs = new CollectedLogs();
    const kept = new GroupRecords({ runtimeDir: folder.file('file', 'run'), baseDir: '/app', instanceId: 'exec', engine: thisEngine, logger: logs.logger });
    kept.open();
    await kept.sweep();
    expect(logs.messages()).toEqual([expect.stringContaining('cannot be used')]);
    chmodSync(folder.file('file'), 0o600);
  });
});
