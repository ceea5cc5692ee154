import { delay } from '@motia/engine-core';
import type { Clock } from '@motia/engine-core/contract';
import { guardMark } from './guard.js';
import { commandLineOf, findByEnvironment, readProcessTable, type ProcessEntry } from './process-table.js';

/** A process that left its group and was found all the same. */
export interface Escapee {
  readonly pid: number;
  readonly commandLine: string;
  /** False when even SIGKILL did not end it in time. */
  readonly isGone: boolean;
}

const waitMs = 1_000;
const pollMs = 25;

/**
 * Finds and kills what a command left behind outside its group (`setsid`, `setpgid`): processes that carry its spawn
 * id in their environment, and those that were seen below it before. A pid is only signalled while its start time is
 * the one that was seen.
 */
export async function endEscapees(clock: Clock, spawnId: string, seen: readonly ProcessEntry[]): Promise<readonly Escapee[]> {
  const marked = new Set(await findByEnvironment(`III_EXEC_SPAWN=${spawnId}`));
  const seenStart = new Map(seen.map((entry) => [entry.pid, entry.startTime]));
  const suspects = (await readProcessTable()).filter(
    (entry) => !entry.isZombie && entry.pid !== process.pid && (marked.has(entry.pid) || seenStart.get(entry.pid) === entry.startTime),
  );
  const found: { readonly entry: ProcessEntry; readonly commandLine: string }[] = [];
  for (const entry of suspects) {
    const commandLine = await commandLineOf(entry.pid);
    if (commandLine.includes(guardMark)) continue;
    found.push({ entry, commandLine });
    killOne(entry.pid);
  }
  if (found.length === 0) return [];
  const alive = await stillAlive(clock, found.map(({ entry }) => entry));
  return found.map(({ entry, commandLine }) => ({ pid: entry.pid, commandLine, isGone: !alive.has(entry.pid) }));
}

async function stillAlive(clock: Clock, entries: readonly ProcessEntry[]): Promise<ReadonlySet<number>> {
  for (const giveUpAtMs = clock.monotonicMs() + waitMs; ; await delay(clock, pollMs)) {
    const now = new Map((await readProcessTable()).filter((entry) => !entry.isZombie).map((entry) => [entry.pid, entry.startTime]));
    const alive = entries.filter((entry) => now.get(entry.pid) === entry.startTime);
    if (alive.length === 0 || clock.monotonicMs() >= giveUpAtMs) return new Set(alive.map((entry) => entry.pid));
  }
}

function killOne(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended between the look and the signal.
  }
}
