import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { stopwatch } from '@motia/tools/stopwatch';
import { temporaryFolder } from '@motia/tools/testing';
import type { ExecModuleInput } from '../src/index.js';
import { node, program } from './support/programs.js';
import { waitFor } from './support/wait-for.js';

const engineProgram = fileURLToPath(new URL('./fixtures/engine/engine.mjs', import.meta.url));

interface Member {
  readonly pid: number;
  readonly commandLine: string;
}
interface Family {
  readonly engine: ChildProcess;
  /** Every living process that came from this engine, itself excluded. */
  members(): readonly Member[];
  /** Until each pattern is the command line of somebody who is not a guard, nor about to become a command. */
  untilMembers(...patterns: readonly RegExp[]): Promise<void>;
  readonly ready: Promise<unknown>;
  /** Milliseconds until none is left, on a machine that has processors to spare. */
  gone(): Promise<number>;
}
const isGuard = ({ commandLine }: Member): boolean => commandLine.includes('iii-exec-guard');

/** Starts a real engine; its descendants are known by a mark in their environment, whatever group they are in. */
function startEngine(modules: readonly ExecModuleInput[], mode = 'production'): Family {
  const mark = `ORPHAN_TEST=${randomUUID()}`;
  const engine = spawn(process.execPath, [engineProgram, JSON.stringify(modules), mode], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: { ...process.env, ORPHAN_TEST: mark.slice('ORPHAN_TEST='.length) },
  });
  const members: Family['members'] = () =>
    readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name) && Number(name) !== engine.pid)
      .flatMap((pid) => {
        try {
          if (!readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0').includes(mark)) return [];
          const commandLine = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
          // Between fork and exec a child still shows the command line of the engine.
          return commandLine === '' || commandLine.includes(engineProgram) ? [] : [{ pid: Number(pid), commandLine }];
        } catch {
          return [];
        }
      });
  return {
    engine,
    members,
    ready: once(engine, 'message'),
    untilMembers: async (...patterns) => void (await waitFor(String(patterns), () => patterns.every((pattern) => members().some((member) => !isGuard(member) && pattern.test(member.commandLine))))),
    async gone() {
      const watch = stopwatch();
      await waitFor(`the end of ${JSON.stringify(members())}`, () => members().length === 0);
      return watch.elapsedMs();
    },
  };
}
const busyCpu = (seconds: number) => waitFor('a busy child', () => readdirSync('/proc').some((pid) => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(program('busy-loop')) && Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[11]) > seconds * 100;
  } catch {
    return false;
  }
}));

describe('children of an engine', () => {
  it('E4 #37 are all gone within 2 s after kill -9 of the engine: idle, busy, grandchildren and escaped ones', async () => {
    await using folder = temporaryFolder('exec');
    const plain = { protocol: 'none', runtime_dir: folder.path } as const;
    const family = startEngine([
      { exec: [[...node('worker')]], runtime_dir: folder.path, replicas: 2 },
      { ...plain, exec: [[...node('busy-loop')]] },
      { ...plain, exec: [[...node('ignore-sigterm')]] },
      { ...plain, exec: [`exec ${node('spawn-grandchildren').join(' ')}`] },
      { ...plain, exec: [[...node('setsid-escape')]] },
      { ...plain, exec: ['sleep 4290'] },
    ]);
    await family.untilMembers(/worker\.mjs/, /busy-loop\.mjs/, /ignore-sigterm/, /sleep 4242/, /sleep 4243/, /^sleep 4290/);
    await busyCpu(0.1);
    family.engine.kill('SIGKILL');
    await once(family.engine, 'exit');
    expect(await family.gone()).toBeLessThan(2_000);
  });

  it('E4 are gone when it is killed while a command before the last runs', async () => {
    await using folder = temporaryFolder('exec');
    const family = startEngine([{ exec: ['sleep 4291; true', [...node('worker')]], runtime_dir: folder.path }]);
    await family.untilMembers(/^sleep 4291/);
    family.engine.kill('SIGKILL');
    expect(await family.gone()).toBeLessThan(2_000);
  });

  it('E4 are gone after process.exit, a second SIGTERM included', async () => {
    await using folder = temporaryFolder('exec');
    const up = folder.file('up');
    const family = startEngine([{ exec: [[...node('ignore-sigterm', up)]], protocol: 'none', runtime_dir: folder.file('run'), term_timeout_ms: 20_000 }]);
    // Before that the first signal would end the child, and with it the engine, in good order.
    await waitFor('the child to ignore signals', () => existsSync(up));
    family.engine.kill('SIGTERM');
    const watch = stopwatch();
    await waitFor('the first signal to arrive', () => {
      family.engine.kill('SIGTERM');
      return family.engine.exitCode !== null;
    });
    expect(family.engine.exitCode).toBe(130);
    expect(watch.elapsedMs()).toBeLessThan(2_000);
    expect(await family.gone()).toBeLessThan(2_000);
  });

  it('E3 are gone when it ends as it should, and nothing is recorded for the next start', async () => {
    await using folder = temporaryFolder('exec');
    const family = startEngine([{ exec: ['true', [...node('worker')]], runtime_dir: folder.path, replicas: 2 }]);
    await family.ready;
    await waitFor('the record', () => readdirSync(folder.path).some((name) => name.endsWith('.json')));
    family.engine.kill('SIGTERM');
    const [code] = (await once(family.engine, 'exit')) as [number];
    expect(code).toBe(0);
    // The guards have been dismissed, and are no children of the engine that it could wait for.
    expect(family.members().filter((member) => !isGuard(member))).toEqual([]);
    expect(readdirSync(folder.path)).toEqual([]);
    await family.gone();
  });

  it('E4 #37 that outlived engine and guard are ended by the next start of the same project', async () => {
    await using folder = temporaryFolder('exec');
    const options: ExecModuleInput = { exec: [[...node('ignore-sigterm')]], protocol: 'none', runtime_dir: folder.path };
    const family = startEngine([options]);
    await family.untilMembers(/ignore-sigterm/);
    await waitFor('the record', () => readdirSync(folder.path).some((name) => name.endsWith('.json')));
    // The guard first, as the kernel might when memory is short.
    const guards = () => family.members().filter(isGuard);
    for (const { pid } of guards()) process.kill(pid, 'SIGKILL');
    await waitFor('the end of the guard', () => guards().length === 0);
    family.engine.kill('SIGKILL');
    await once(family.engine, 'exit');
    expect(family.members()).toHaveLength(1);
    const next = startEngine([options]);
    await family.gone();
    next.engine.kill('SIGKILL');
    await next.gone();
  });
});
