import { describe, expect, it } from '@jest/globals';
import { watchEngineProcess, type WatchHost, type WatchTarget } from '../../src/watcher/watch-loop.js';
import { watchTargetFrom } from '../../src/watcher/watch-target.js';

interface FakeProcess {
  readonly pid: number;
  readonly group: number;
  state: string;
  start: string;
  exists: boolean;
}

/** Processes 1 (ours, group 1) and 2 (the engine, group 2), a timer turned by hand, and a record of what was killed. */
function world(platform: string, overrides: Partial<FakeProcess> = {}) {
  const engine: FakeProcess = { pid: 2, group: 2, state: 'S', start: '777', exists: true, ...overrides };
  const self: FakeProcess = { pid: 1, group: 1, state: 'R', start: '888', exists: true };
  const killed: number[] = [];
  const gone: string[] = [];
  const open = new Map<number, FakeProcess>();
  const timers = new Set<() => void>();
  const find = (pid: number): FakeProcess | undefined => [self, engine].find((candidate) => candidate.pid === pid && candidate.exists);
  const host: WatchHost = {
    pid: 1,
    platform,
    openSync(path) {
      const process = find(Number(/^\/proc\/(\d+)\/stat$/.exec(path)?.[1]));
      if (process === undefined) throw Object.assign(new Error('ENOENT'), { code: 'ENOENT' });
      const fd = open.size + 10;
      open.set(fd, process);
      return fd;
    },
    readSync(fd, buffer) {
      const process = open.get(fd);
      if (process?.exists !== true) throw Object.assign(new Error('ESRCH'), { code: 'ESRCH' });
      const fields = [process.state, '0', String(process.group), ...Array.from({ length: 16 }, () => '0'), process.start, '0'];
      return Buffer.from(`${process.pid} (a ) b) ${fields.join(' ')}\n`).copy(Buffer.from(buffer.buffer));
    },
    closeSync: () => undefined,
    ps(args) {
      const process = find(Number(args.at(-1)));
      return process === undefined ? '' : args.includes('lstart=') ? process.start : String(process.group);
    },
    kill(pid, signal) {
      if (signal === 'SIGKILL') killed.push(pid);
      else if (find(pid) === undefined) throw Object.assign(new Error('ESRCH'), { code: 'ESRCH' });
    },
    setInterval(callback) {
      timers.add(callback);
      return callback as unknown as NodeJS.Timeout;
    },
    clearInterval: (timer) => void timers.delete(timer as unknown as () => void),
    onEngineGone: (victim) => gone.push(victim),
  };
  const tick = (): void => [...timers].forEach((callback) => callback());
  return { host, engine, killed, gone, timers, tick };
}

const target: WatchTarget = { enginePid: 2, engineStart: '777', killsGroup: false, pollMs: 250 };

describe.each(['linux', 'darwin', 'win32'])('The engine watch on %s', (platform) => {
  it('E4 kills nobody while the engine lives', () => {
    const { host, killed, tick } = world(platform);
    const { stop } = watchEngineProcess(host, target);
    for (let look = 0; look < 50; look += 1) tick();
    expect(killed).toEqual([]);
    stop();
  });

  it('E4 kills its own process once the engine is gone, and then stops looking', () => {
    const { host, engine, killed, gone, timers, tick } = world(platform);
    watchEngineProcess(host, target);
    engine.exists = false;
    tick();
    tick();
    expect(killed).toEqual([1]);
    expect(gone).toEqual(['process']);
    expect(timers.size).toBe(0);
  });

  it('E4 notices at once that the engine was gone before it started', () => {
    const { host, killed } = world(platform, { exists: false });
    watchEngineProcess(host, target);
    expect(killed).toEqual([1]);
  });

  it('looks at once when asked to, without waiting for the timer', () => {
    const { host, engine, killed } = world(platform);
    const watch = watchEngineProcess(host, target);
    engine.exists = false;
    watch.look();
    watch.look();
    expect(killed).toEqual([1]);
  });

  it('stops looking when told to', () => {
    const { host, engine, killed, timers, tick } = world(platform);
    watchEngineProcess(host, target).stop();
    engine.exists = false;
    tick();
    expect(killed).toEqual([]);
    expect(timers.size).toBe(0);
  });
});

describe.each(['linux', 'darwin'])('The engine watch on %s', (platform) => {
  it('E4 kills the process group that the engine gave it', () => {
    const { host, engine, killed, gone, tick } = world(platform);
    watchEngineProcess(host, { ...target, killsGroup: true });
    engine.exists = false;
    tick();
    expect(gone).toEqual(['group']);
    expect(killed).toEqual([-1, 1]);
  });

  it('E4 never kills a group that the engine is in', () => {
    const { host, engine, killed, tick } = world(platform, { group: 1 });
    watchEngineProcess(host, { ...target, killsGroup: true });
    engine.exists = false;
    tick();
    expect(killed).toEqual([1]);
  });

  it('E4 kills only itself when it never learned the group of the engine', () => {
    const { host, killed } = world(platform, { exists: false });
    watchEngineProcess(host, { ...target, killsGroup: true });
    expect(killed).toEqual([1]);
  });

  it('E4 is not fooled by another process with the pid of the engine', () => {
    const { host, engine, killed, tick } = world(platform);
    watchEngineProcess(host, target);
    engine.start = '999';
    for (let look = 0; look < 20; look += 1) tick();
    expect(killed).toEqual([1]);
  });
});

describe('The engine watch on linux', () => {
  it.each(['Z', 'X'])('E4 counts an engine in state %s as gone', (state) => {
    const { host, engine, killed, tick } = world('linux');
    watchEngineProcess(host, target);
    engine.state = state;
    tick();
    expect(killed).toEqual([1]);
  });

  it('compares nothing but the process itself when no start time was given', () => {
    const { host, killed, tick } = world('linux');
    const { stop } = watchEngineProcess(host, { ...target, engineStart: undefined });
    tick();
    expect(killed).toEqual([]);
    stop();
  });
});

describe('watchTargetFrom', () => {
  it('reads what the engine sets for its children', () => {
    expect(watchTargetFrom({ III_ENGINE_PID: '42', III_ENGINE_START: '777', III_EXEC_GROUP: '1' })).toEqual({ enginePid: 42, engineStart: '777', killsGroup: true, pollMs: 250 });
    expect(watchTargetFrom({ III_ENGINE_PID: '42' })).toEqual({ enginePid: 42, engineStart: undefined, killsGroup: false, pollMs: 250 });
  });

  it.each([undefined, '', '0', '-1', 'abc', '1.5'])('finds no engine in %p', (pid) => {
    expect(watchTargetFrom({ III_ENGINE_PID: pid })).toBeUndefined();
  });
});
