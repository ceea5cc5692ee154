import { readdirSync, readFileSync } from 'node:fs';

const ticksPerSecond = 100;

/** Every living process below `rootPid`, itself included. Empty where there is no /proc. */
export function processTree(rootPid) {
  const parents = new Map();
  let names;
  try {
    names = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  } catch {
    return [];
  }
  for (const name of names) {
    const stat = readStat(Number(name));
    if (stat !== undefined) parents.set(Number(name), stat.ppid);
  }
  const tree = new Set([rootPid]);
  for (let grown = true; grown; ) {
    grown = false;
    for (const [pid, ppid] of parents) {
      if (tree.has(ppid) && !tree.has(pid)) {
        tree.add(pid);
        grown = true;
      }
    }
  }
  return [...tree].filter((pid) => parents.has(pid));
}

/** CPU time used so far by a process tree, in microseconds. */
export function cpuMicros(rootPid) {
  let ticks = 0;
  for (const pid of processTree(rootPid)) ticks += readStat(pid)?.ticks ?? 0;
  return (ticks / ticksPerSecond) * 1e6;
}

/** CPU time of one process alone, in microseconds. */
export function ownCpuMicros(pid) {
  return ((readStat(pid)?.ticks ?? 0) / ticksPerSecond) * 1e6;
}

/** Proportional set size of a process tree, in MiB: shared pages are counted once. */
export function pssMiB(rootPid) {
  let kib = 0;
  for (const pid of processTree(rootPid)) {
    try {
      kib += Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? 0);
    } catch {
      // The process has ended since it was listed.
    }
  }
  return kib / 1024;
}

function readStat(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { ppid: Number(fields[1]), ticks: Number(fields[11]) + Number(fields[12]) };
  } catch {
    return undefined;
  }
}
