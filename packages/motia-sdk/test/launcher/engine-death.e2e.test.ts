import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, jest } from '@jest/globals';
import type { TemporaryFolder } from '@motia/tools/testing';
import { installedApp, isRunning, until, userTicks } from './scripted-engine.js';

// Each test starts several processes, on machines that may be busy.
jest.setTimeout(30_000);

interface Family {
  readonly engine: ChildProcess;
  /** The launcher is the parent of the user process, which started the sleeper. */
  readonly launcher: number;
  readonly user: number;
  readonly sleeper: number;
}

async function startFamily(app: TemporaryFolder, command: string, flags: readonly string[]): Promise<Family & AsyncDisposable> {
  const engine = spawn(process.execPath, [fileURLToPath(new URL('../fixtures/engine-process.mjs', import.meta.url)), command, ...flags], {
    cwd: app.path,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, PATH: `${app.file('node_modules/.bin')}:${process.env['PATH'] ?? ''}` },
  });
  let errors = '';
  engine.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  const ended = once(engine, 'exit').then(() => Promise.reject(new Error(`"${command}" ended before it was ready: ${errors}`)));
  const [line] = (await Promise.race([once(engine.stdout, 'data'), ended])) as [Buffer];
  ended.catch(() => undefined);
  const { pid, ppid, sleeperPid } = JSON.parse(line.toString()) as { pid: number; ppid: number; sleeperPid: number };
  return {
    engine,
    launcher: ppid,
    user: pid,
    sleeper: sleeperPid,
    async [Symbol.asyncDispose]() {
      for (const victim of [engine.pid ?? 0, ppid, pid, sleeperPid]) if (victim > 0 && isRunning(victim)) process.kill(victim, 'SIGKILL');
    },
  };
}

async function becomeBusy(pid: number): Promise<void> {
  const before = userTicks(pid);
  await until(() => userTicks(pid) > before + 20, 'a busy user process');
}

/** Kills the engine and returns how long it took until none of the processes ran any more. */
async function killEngine({ engine }: Family, pids: readonly number[]): Promise<number> {
  const killedAt = performance.now();
  engine.kill('SIGKILL');
  await until(() => pids.every((pid) => !isRunning(pid)), `the end of ${pids.join(', ')}`, 2_000);
  return performance.now() - killedAt;
}

const commands = [
  ['motia dev', 'motia dev'],
  ['npm run dev', 'npm run dev'],
  ['node dist/index-dev.js', 'node dist/index-dev.js'],
] as const;

describe.each(commands)('When the engine that runs `%s` is killed with SIGKILL', (_title, command) => {
  const prepared = (): TemporaryFolder => {
    const app = installedApp();
    if (command.startsWith('node')) spawnSync('node_modules/.bin/motia', ['dev'], { cwd: app.path, env: { ...process.env, III_ENGINE_PID: '1', MOTIA_EXEC_LAST: '0' } });
    return app;
  };

  it('E4 an idle process, its launcher and its grandchild are gone within 2 s', async () => {
    await using app = prepared();
    await using family = await startFamily(app, command, ['--group']);
    expect([family.launcher, family.user, family.sleeper].every(isRunning)).toBe(true);
    await killEngine(family, [family.launcher, family.user, family.sleeper]);
  });

  it('E4 a process in an endless loop, its launcher and its grandchild are gone within 2 s', async () => {
    await using app = prepared();
    await using family = await startFamily(app, command, ['--group', '--spin']);
    await becomeBusy(family.user);
    await killEngine(family, [family.launcher, family.user, family.sleeper]);
  });
});

describe('The watcher thread', () => {
  it('E4 ends a process in an endless loop by itself when even the launcher was killed before', async () => {
    await using app = installedApp();
    await using family = await startFamily(app, 'motia dev', ['--spin']);
    await becomeBusy(family.user);
    process.kill(family.launcher, 'SIGKILL');
    await until(() => !isRunning(family.launcher), 'the end of the launcher');
    expect(isRunning(family.user)).toBe(true);
    await killEngine(family, [family.user]);
  });
});

describe('Without a process group of its own', () => {
  it('E4 launcher and user process end with the engine, and nobody else in the group of the engine is touched', async () => {
    await using app = installedApp();
    // The group is that of this test: were it killed, the test would not report anything.
    await using family = await startFamily(app, 'motia dev', ['--claim-group', '--spin']);
    await becomeBusy(family.user);
    await killEngine(family, [family.launcher, family.user]);
    expect(isRunning(family.sleeper)).toBe(true);
  });
});
