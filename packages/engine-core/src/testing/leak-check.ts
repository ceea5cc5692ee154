import type { Clock, Timer } from '../contract/clock.js';
import { HoldCount } from '../system/hold-count.js';

/** Events of the process that belong to the program, never to a module. */
const processEvents = [
  'SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2', 'SIGPIPE', 'SIGCHLD', 'SIGBREAK',
  'exit', 'beforeExit', 'uncaughtException', 'uncaughtExceptionMonitor', 'unhandledRejection', 'rejectionHandled', 'warning', 'message', 'disconnect',
];
/** Left out: they come and go with the test runner itself, and the lent clock counts the timers that matter. */
const ignoredResources = new Set(['Timeout', 'Immediate', 'TickObject', 'CloseReq', 'FSReqCallback', 'FSReqPromise', 'MessagePort', 'GetAddrInfoReqWrap']);

export interface LeakCheck {
  /**
   * One sentence per open handle and listener of the process that was not there when the check was made. Handles on
   * their way to be closed get up to a second.
   */
  leaks(): Promise<readonly string[]>;
  /** Only the listeners of the process that were added, looked at now. */
  listeners(): readonly string[];
}

/** Remembers which handles and process listeners there are now, after what is being closed is closed. */
export async function leakCheck(): Promise<LeakCheck> {
  await closingsDone();
  const resourcesBefore = openResources();
  const listenersBefore = listenerCounts();
  const listeners = (): readonly string[] => added(listenersBefore, listenerCounts()).map(([name, count]) => `${count} listener(s) for "${name}" of the process`);
  const find = (): readonly string[] => [...added(resourcesBefore, openResources()).map(([name, count]) => `${count} open ${name}`), ...listeners()];
  return {
    listeners,
    async leaks() {
      let found = find();
      for (let attempt = 0; found.length > 0 && attempt < 100; attempt += 1) {
        await new Promise<void>((resolve) => setTimeout(resolve, 10));
        found = find();
      }
      return found;
    },
  };
}

/** A closed handle is listed until the event loop has come round; taken as a baseline it would hide a leak. */
async function closingsDone(): Promise<void> {
  for (let turn = 0; turn < 100; turn += 1) {
    await new Promise<void>((resolve) => setImmediate(resolve));
    if (turn > 0 && !process.getActiveResourcesInfo().includes('CloseReq')) return;
  }
}

function openResources(): ReadonlyMap<string, number> {
  return count(process.getActiveResourcesInfo().filter((name) => !ignoredResources.has(name)));
}

function listenerCounts(): ReadonlyMap<string, number> {
  return new Map(processEvents.map((event) => [event, process.listenerCount(event)]));
}

function count(names: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}

function added(before: ReadonlyMap<string, number>, after: ReadonlyMap<string, number>): readonly (readonly [string, number])[] {
  return [...after].map(([name, amount]) => [name, amount - (before.get(name) ?? 0)] as const).filter(([, amount]) => amount > 0);
}

/** A clock that knows which of its timers are still set, and how many of its holds are taken. */
export interface CountingClock extends Clock {
  readonly pendingTimers: number;
  readonly holds: number;
}

export function countingClock(clock: Clock): CountingClock {
  const pending = new Set<Timer>();
  const holds = new HoldCount();
  return {
    now: () => clock.now(),
    monotonicMs: () => clock.monotonicMs(),
    setTimeout(callback, delayMs) {
      const timer = clock.setTimeout(() => {
        pending.delete(timer);
        callback();
      }, delayMs);
      pending.add(timer);
      return timer;
    },
    setInterval(callback, periodMs) {
      const timer = clock.setInterval(callback, periodMs);
      pending.add(timer);
      return timer;
    },
    clear(timer) {
      if (timer !== undefined) pending.delete(timer);
      clock.clear(timer);
    },
    hold() {
      const [counted, real] = [holds.hold(), clock.hold()];
      return {
        set(isHeld) {
          counted.set(isHeld);
          real.set(isHeld);
        },
      };
    },
    get pendingTimers() {
      return pending.size;
    },
    get holds() {
      return holds.held;
    },
  };
}
