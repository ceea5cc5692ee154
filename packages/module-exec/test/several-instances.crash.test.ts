import { describe, expect, it } from '@jest/globals';
import { ProcessServiceRef } from '@motia/engine-core/contract';
import { startTestHost } from '@motia/engine-core/testing';
import { temporaryFolder } from '@motia/tools/testing';
import { exec } from '../src/index.js';
import { node } from './support/programs.js';

describe('several ExecModules in one engine', () => {
  it('show one list and one set of functions, and are restarted together or one by one', async () => {
    await using folder = temporaryFolder('exec');
    const instance = (prefix: string) => exec({ exec: [[...node('worker')]], env: { FIXTURE_PREFIX: prefix }, runtime_dir: 'run', stop_grace_ms: 500 });
    await using host = await startTestHost([instance('test::'), instance('other::')], { baseDir: folder.path });
    const pids = () => host.service(ProcessServiceRef).list().map(({ owner, pid }) => [owner, pid] as const);
    const [first, second] = pids();
    expect([first?.[0], second?.[0]]).toEqual(['exec:exec#0', 'exec:exec-2#0']);

    await host.functions.invoke('engine::processes::restart', { owner: 'exec:exec-2#0' });
    expect(pids()[0]).toEqual(first);
    expect(pids()[1]?.[1]).not.toBe(second?.[1]);

    await host.functions.invoke('engine::processes::restart', {});
    expect(pids()[0]?.[1]).not.toBe(first?.[1]);
    expect(await host.functions.invoke('engine::processes::list', {})).toMatchObject({ processes: [{ owner: 'exec:exec#0' }, { owner: 'exec:exec-2#0' }] });
  });
});
