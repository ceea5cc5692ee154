import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { stopwatch } from '@motia/tools/stopwatch';
import { temporaryFolder } from '@motia/tools/testing';
import { node, program } from './support/programs.js';
import { startExec, type TestExecOptions } from './support/start-exec.js';
import { isAlive, waitFor } from './support/wait-for.js';

/** The error that the start of the engine ends with. */
async function failedStart(options: TestExecOptions, mode: 'development' | 'production' = 'production'): Promise<{ codes: readonly string[]; message: string }> {
  const outcome = await startExec(options, { mode }).then(
    async (running) => {
      await running[Symbol.asyncDispose]();
      return undefined;
    },
    (error: { message: string; details: { codes: readonly string[] } }) => ({ codes: error.details.codes, message: error.message }),
  );
  if (outcome === undefined) throw new Error('it started');
  return outcome;
}

describe('start of ExecModule', () => {
  it('E1 #32 fails when a process that has to speak the protocol says nothing in time', async () => {
    const failed = await failedStart({ exec: [[...node('never-handshake')]], protocol: 'required', handshake_timeout_ms: 300 });
    expect(failed.codes).toEqual(['MOTIA_ENGINE_HANDSHAKE_TIMEOUT']);
    expect(failed.message).toContain('never-handshake.mjs');
  });

  it('E1 #32 fails when a process stops in the middle of its handshake, whatever `protocol` says', async () => {
    const failed = await failedStart({ exec: [[...node('half-frame')]], protocol: 'auto', handshake_timeout_ms: 3_000 });
    expect(failed.codes).toEqual(['MOTIA_ENGINE_HANDSHAKE_TIMEOUT']);
  });

  it('E1 #32 names both versions when the process speaks another protocol', async () => {
    const failed = await failedStart({ env: { FIXTURE_PROTOCOL: '9.7' } });
    expect(failed.message).toContain('9.7');
    expect(failed.message).toContain('1.0');
  });

  it('supervises a process that never speaks the protocol, says so once, and shows its stdout', async () => {
    await using running = await startExec({ exec: [[...node('never-handshake')]], handshake_timeout_ms: 300 });
    expect(running.states()).toEqual(['ready']);
    expect(running.health()).toMatchObject({ status: 'healthy' });
    expect(running.host.workers.list()).toEqual([]);
    expect(await running.host.logs.next((record) => record.stream === 'stdout')).toMatchObject({ message: 'listening on nothing' });
    expect(running.host.logs.messages('info').filter((message) => message.includes('has not spoken the engine protocol'))).toHaveLength(1);
  });

  it('does not hold the start of the engine for a process whose output is plainly no protocol', async () => {
    await using running = await startExec({ exec: [[...node('never-handshake')]], handshake_timeout_ms: 60_000 });
    expect(running.states()).toEqual(['starting']);
    expect(running.host.logs.messages('info')).toContainEqual(expect.stringContaining('writes something else than the engine protocol'));
  });

  it('with `protocol: none` supervises at once and restarts on a crash', async () => {
    const watch = stopwatch();
    await using running = await startExec({ exec: [[...node('never-handshake')]], protocol: 'none' });
    expect(watch.elapsedMs()).toBeLessThan(5_000);
    const [before] = running.processes.list();
    process.kill(before?.pid as number, 'SIGKILL');
    await waitFor('another process', () => running.states()[0] === 'ready' && running.processes.list()[0]?.pid !== before?.pid);
  });

  it('E5 accepts a banner before the first frame and shows it', async () => {
    await using running = await startExec({ env: { FIXTURE_BANNER: '> app@1.0.0 start\n> node worker.mjs\n\nContent-of no length' } });
    expect(running.states()).toEqual(['ready']);
    expect(running.output().map((record) => record.message)).toEqual(expect.arrayContaining(['> app@1.0.0 start', '> node worker.mjs']));
  });

  it('#33 fails at once with command and stderr when the program is missing', async () => {
    for (const [protocol, command] of [['auto', 'no-such-program --serve'], ['none', ['no-such-program', '--serve']]] as const) {
      const watch = stopwatch();
      const failed = await failedStart({ exec: [typeof command === 'string' ? command : [...command]], protocol });
      expect(failed.codes).toEqual(['MOTIA_EXEC_COMMAND_NOT_FOUND']);
      expect(failed.message).toMatch(/no-such-program --serve[^]*not found/);
      expect(watch.elapsedMs()).toBeLessThan(5_000);
    }
  });

  it('#33 fails when an earlier command fails, and does not start the last', async () => {
    await using folder = temporaryFolder('exec');
    const mark = folder.file('started');
    const failed = await failedStart({ exec: [[...node('crash-on-init')], `touch ${mark}; exec ${node('worker').join(' ')}`] });
    expect(failed.codes).toEqual(['MOTIA_EXEC_COMMAND_FAILED']);
    expect(failed.message).toContain('Error: no database');
    expect(() => readFileSync(mark)).toThrow();
  });

  it('E2 tries a process that dies before it is ready again, up to the limit, then fails with its last stderr', async () => {
    await using folder = temporaryFolder('exec');
    const starts = folder.file('starts');
    const failed = await failedStart({ exec: [`echo x >> ${starts}; exec ${node('crash-on-init').join(' ')}`], restart_max_crashes: 3 });
    expect(failed.codes).toEqual(['MOTIA_EXEC_RESTARTS_EXHAUSTED']);
    expect(failed.message).toMatch(/failed 3 times[^]*Error: no database/);
    expect(readFileSync(starts, 'utf8')).toBe('x\nx\nx\n');
  });

  it('E2 recovers when a process that died before it was ready comes up at a later try', async () => {
    await using running = await startExec({ exec: [`test -f ready || { touch ready; echo not yet >&2; exit 4; }; exec ${node('worker').join(' ')}`] }, { mode: 'production' });
    expect(running.processes.list()).toMatchObject([{ state: 'ready', restarts: 1 }]);
  });

  it('E6 #33 keeps the engine up in development with `watch`, tries once, and starts when the file is fixed', async () => {
    await using folder = temporaryFolder('exec');
    writeFileSync(folder.file('app.mjs'), readFileSync(program('syntax-error')));
    await using running = await startExec({ exec: ['echo x >> starts; exec node app.mjs'], watch: ['app.mjs'] }, { folder });
    expect(running.states()).toEqual(['fatal']);
    expect(running.health()).toMatchObject({ status: 'unhealthy', reason: expect.stringContaining('SyntaxError') });
    expect(running.health()?.reason).toContain('app.mjs:1');
    expect(running.host.health.report().ready).toBe(false);
    writeFileSync(folder.file('app.mjs'), readFileSync(program('worker')));
    await running.untilStates('ready');
    expect(await running.call('test::echo')).toMatchObject({ version: 'v1' });
    expect(readFileSync(folder.file('starts'), 'utf8')).toBe('x\nx\n');
  });

  it('E3 ends its commands at once when the engine is stopped while it starts, and leaves nothing behind', async () => {
    await using running = await startExec({ exec: ['echo $$ > pid; exec sleep 4270', [...node('worker')]] }, { start: false });
    const starting = running.host.start().catch((error: { code: string }) => error.code);
    const file = running.folder.file('pid');
    const pid = await waitFor('the first command', () => existsSync(file) && (Number(readFileSync(file, 'utf8')) || undefined));
    const watch = stopwatch();
    await running.host.stop();
    expect(await starting).toBe('MOTIA_ENGINE_START_INTERRUPTED');
    expect(isAlive(pid)).toBe(false);
    expect(watch.elapsedMs()).toBeLessThan(5_000);
  });
});
