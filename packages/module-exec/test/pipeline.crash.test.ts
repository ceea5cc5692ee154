import { describe, expect, it } from '@jest/globals';
import { temporaryFolder } from '@motia/tools/testing';
import { parseCommand } from '../src/command.js';
import { runPipeline } from '../src/pipeline.js';
import { CollectedLogs } from './support/collected-logs.js';
import { node } from './support/programs.js';
import { realClock } from './support/real-clock.js';
import { isAlive, waitFor } from './support/wait-for.js';

function run(commands: readonly (string | readonly string[])[], options: { commandTimeoutMs?: number; stop?: AbortSignal } = {}) {
  const logs = new CollectedLogs();
  const recorded: number[] = [];
  const done = runPipeline(
    {
      clock: realClock, logs, logger: logs.logger,
      cwd: process.cwd(), umask: '022',
      commandTimeoutMs: options.commandTimeoutMs ?? 10_000,
      outputLinesPerSecond: 1_000,
      environment: ({ spawnId, isReload }) => ({ ...(process.env as Record<string, string>), III_EXEC_SPAWN: spawnId, IS_RELOAD: String(isReload) }),
      groups: { add: ({ pid }) => recorded.push(pid), remove: ({ pid }) => recorded.splice(recorded.indexOf(pid), 1) },
    },
    commands.map(parseCommand),
    { isReload: false, stop: options.stop ?? new AbortController().signal },
  );
  return { logs, done, recorded };
}
const output = (logs: CollectedLogs) => logs.records.filter((record) => record.stream !== undefined).map((record) => record.message);

describe('commands before the last', () => {
  it('run one after the other, their output as log lines', async () => {
    const { done, logs, recorded } = run(['echo one; sleep 0.05; echo two >&2', ['echo', 'three $HOME'], 'printf four']);
    await done;
    expect(output(logs)).toEqual(['one', 'two', 'three $HOME', 'four']);
    expect(recorded).toEqual([]);
  });

  it('stop at the first that fails, naming command, code and last stderr', async () => {
    const { done, logs } = run(['echo first', node('crash-on-init'), 'echo never']);
    await expect(done).rejects.toMatchObject({
      code: 'MOTIA_EXEC_COMMAND_FAILED',
      details: { command: expect.stringContaining('crash-on-init.mjs'), status: 'exit code 3', stderr: ['Error: no database'] },
      message: expect.stringContaining('Error: no database'),
    });
    expect(output(logs)).toEqual(['first', 'Error: no database']);
  });

  it.each([['no-such-program --flag'], [['no-such-program', '--flag']]])('#33 say that a program is missing: %j', async (command) => {
    await expect(run([command]).done).rejects.toMatchObject({
      code: 'MOTIA_EXEC_COMMAND_NOT_FOUND',
      details: { command: 'no-such-program --flag', status: 'exit code 127', stderr: [expect.stringContaining('not found')] },
    });
  });

  it('are killed when they take longer than command_timeout_ms', async () => {
    const { done } = run([['sleep', '4245']], { commandTimeoutMs: 100 });
    await expect(done).rejects.toMatchObject({ code: 'MOTIA_EXEC_COMMAND_TIMEOUT', details: { timeoutMs: 100 } });
  });

  it('are killed when the module stops, with or without a limit', async () => {
    for (const commandTimeoutMs of [0, 10_000]) {
      const stop = new AbortController();
      const { done, recorded } = run([['sleep', '4246']], { commandTimeoutMs, stop: stop.signal });
      const pid = await waitFor('the command', () => recorded[0]);
      stop.abort();
      await expect(done).rejects.toMatchObject({ code: 'MOTIA_EXEC_STOPPING' });
      expect(isAlive(pid)).toBe(false);
    }
  });

  it('take down what they left running, and say so', async () => {
    const { done, logs } = run(['sleep 4247 & echo $!']);
    await done;
    const [pid] = output(logs);
    expect(isAlive(Number(pid))).toBe(false);
    expect(logs.messages().at(-1)).toContain('left 1 process(es) running');
  });

  it('cannot be held up by a child that escaped with their output open', async () => {
    await using folder = temporaryFolder('pipeline');
    const { done, logs } = run([`setsid sh -c "echo \\$\\$; touch ${folder.file('up')}; exec sleep 4248" & until [ -e ${folder.file('up')} ]; do sleep 0.01; done`]);
    await done;
    const [pid] = output(logs).map(Number);
    expect(pid).toBeGreaterThan(1);
    expect(isAlive(pid as number)).toBe(false);
  });
});
