import { delay } from '@motia/engine-core';
import type { Clock } from '@motia/engine-core/contract';
import { endEscapees, type Escapee } from './escapees.js';
import type { ProcessGroup } from './process-group.js';
import { descendantsOf, readProcessTable, type ProcessEntry } from './process-table.js';
import { settlesWithin } from './wait.js';

/** What to stop and how long each rung may take. */
export interface LadderOptions {
  readonly clock: Clock;
  readonly group: ProcessGroup;
  readonly spawnId: string;
  /** Lets calls in flight finish; resolves when they have or the signal aborts. */
  readonly drain?: (deadline: AbortSignal) => Promise<void>;
  /** Says goodbye and closes stdin. */
  readonly closeInput: () => void;
  /** Whether the process is known to end when its stdin closes: worth a moment's wait before SIGTERM. */
  readonly endsOnClosedInput: boolean;
  readonly graceMs: number;
  readonly termTimeoutMs: number;
  /** Aborts to skip every wait and kill at once. */
  readonly hurry?: AbortSignal;
}

export interface LadderOutcome {
  /** The rung on which the group was found empty. */
  readonly rung: 'input-closed' | 'terminated' | 'killed';
  readonly escapees: readonly Escapee[];
  /** Members of the group that nothing ended (a process in an uninterruptible system call). */
  readonly survivors: readonly ProcessEntry[];
}

const inputClosedMs = 500;
/** How long what was killed may take to be gone. */
export const reapMs = 2_000;

/**
 * Stops a process group, politely first: drain → grace → close stdin → SIGTERM to the group → SIGKILL to the group and
 * the tree → reap → look that nobody is left, in the group or outside. Every rung ends early when the group is empty.
 */
export async function stopLadder(options: LadderOptions): Promise<LadderOutcome> {
  const { clock, group, hurry } = options;
  if (options.drain !== undefined && group.status === undefined && hurry?.aborted !== true) await drainWithin(options, options.drain);
  const seen = group.status === undefined ? descendantsOf(await readProcessTable(), group.pid) : [];
  options.closeInput();
  const rung = await descend(options);
  const survivors = rung === 'killed' ? await group.members() : [];
  const escapees = await endEscapees(clock, options.spawnId, seen.filter((entry) => entry.groupId !== group.pid));
  // With somebody left the guard stays: the engine's end is then one more try.
  if (survivors.length === 0) group.dismiss();
  return { rung, escapees, survivors };
}

/** For a leader that is gone already: ends what it left, with no grace. */
export async function clearRemains(options: Pick<LadderOptions, 'clock' | 'group' | 'spawnId'>): Promise<LadderOutcome> {
  options.group.signal('SIGKILL');
  const survivors = await waitUntilEmpty(options.clock, options.group, reapMs);
  const escapees = await endEscapees(options.clock, options.spawnId, []);
  if (survivors.length === 0) options.group.dismiss();
  return { rung: 'killed', escapees, survivors };
}

async function drainWithin(options: LadderOptions, drain: (deadline: AbortSignal) => Promise<void>): Promise<void> {
  const deadline = new AbortController();
  const abort = (): void => deadline.abort();
  const timer = options.clock.setTimeout(abort, options.graceMs);
  options.hurry?.addEventListener('abort', abort);
  // A drain that does not honour its signal must not hold the ladder.
  const aborted = new Promise<void>((resolve) => deadline.signal.addEventListener('abort', () => resolve()));
  await Promise.race([drain(deadline.signal).catch(() => undefined), aborted, options.group.exited]);
  options.clock.clear(timer);
  options.hurry?.removeEventListener('abort', abort);
}

async function descend({ clock, group, hurry, ...options }: LadderOptions): Promise<LadderOutcome['rung']> {
  if (hurry?.aborted !== true) {
    if (options.endsOnClosedInput && (await settlesWithin(clock, group.exited, inputClosedMs, hurry)) && (await group.members()).length === 0) {
      return 'input-closed';
    }
    group.signal('SIGTERM');
    // The leader's end is an event; only then is looking at the rest of the group worth a scan.
    const termStartMs = clock.monotonicMs();
    if (await settlesWithin(clock, group.exited, options.termTimeoutMs, hurry)) {
      const leftMs = options.termTimeoutMs - (clock.monotonicMs() - termStartMs);
      if ((await waitUntilEmpty(clock, group, leftMs, hurry)).length === 0) return 'terminated';
    }
  }
  await killGroup(clock, group);
  return 'killed';
}

async function killGroup(clock: Clock, group: ProcessGroup): Promise<void> {
  // The group first: a process that spins must not compete with the walk through its tree.
  const tree = group.status === undefined ? group.killTree() : undefined;
  group.signal('SIGKILL');
  if (tree !== undefined) await settlesWithin(clock, tree, reapMs);
  await settlesWithin(clock, group.exited, reapMs);
  await waitUntilEmpty(clock, group, reapMs);
}

async function waitUntilEmpty(clock: Clock, group: ProcessGroup, timeoutMs: number, hurry?: AbortSignal): Promise<readonly ProcessEntry[]> {
  const giveUpAtMs = clock.monotonicMs() + timeoutMs;
  for (let pauseMs = 10; ; pauseMs = Math.min(200, pauseMs * 2)) {
    const members = await group.members();
    if (members.length === 0 || clock.monotonicMs() >= giveUpAtMs || hurry?.aborted === true) return members;
    await delay(clock, pauseMs, hurry);
  }
}
