import { readdirSync, readFileSync } from 'node:fs';

export interface ProcessEntry {
  readonly pid: number;
  readonly ppid: number;
  readonly state: string;
  readonly command: string;
}

/** Every process of this machine that is not a zombie; a container's pid 1 may reap late. */
export function livingProcesses(): readonly ProcessEntry[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => readEntry(Number(name)))
    .filter((entry): entry is ProcessEntry => entry !== undefined && entry.state !== 'Z');
}

/** All descendants of a process. */
export function descendantsOf(pid: number): readonly ProcessEntry[] {
  const all = livingProcesses();
  const found = new Set<number>([pid]);
  for (let grown = true; grown; ) {
    grown = false;
    for (const entry of all) {
      if (found.has(entry.ppid) && !found.has(entry.pid)) {
        found.add(entry.pid);
        grown = true;
      }
    }
  }
  return all.filter((entry) => entry.pid !== pid && found.has(entry.pid));
}

/** Which of the given processes still run (same pid, same command). */
export function stillAlive(entries: readonly ProcessEntry[]): readonly ProcessEntry[] {
  return entries.filter(({ pid, command }) => {
    const now = readEntry(pid);
    return now !== undefined && now.state !== 'Z' && now.command === command;
  });
}

/** Resident memory of a process. */
export function residentMiB(pid: number): number {
  return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
}

/** Looks every 20 ms until the condition holds. @throws with `what` after the deadline */
export async function until(what: string, condition: () => boolean | Promise<boolean>, timeoutMs = 15_000): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`not within ${timeoutMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function readEntry(pid: number): ProcessEntry | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
    return { pid, ppid: Number(fields[1]), state: fields[0] ?? '?', command };
  } catch {
    return undefined;
  }
}
