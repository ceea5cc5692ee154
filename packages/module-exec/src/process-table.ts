import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';

/** One process as the system lists it. */
export interface ProcessEntry {
  readonly pid: number;
  readonly parentPid: number;
  readonly groupId: number;
  /** Ended and not yet collected by its parent: dead for every purpose of ours. */
  readonly isZombie: boolean;
  /** With the pid it names one process for good: a recycled pid has another. */
  readonly startTime: string;
}

const hasProc = process.platform === 'linux';
/** Reads at once: enough to be quick, few enough to leave the file descriptors of a busy engine alone. */
const parallelReads = 32;

/** Parses `/proc/<pid>/stat`. The program's name stands in parentheses and may itself hold any character. */
export function parseStat(text: string): ProcessEntry | undefined {
  const nameEnd = text.lastIndexOf(')');
  const pid = Number.parseInt(text, 10);
  const fields = text.slice(nameEnd + 2).trimEnd().split(' ');
  const startTime = fields[19];
  if (nameEnd === -1 || startTime === undefined || !Number.isInteger(pid)) return undefined;
  return { pid, parentPid: Number(fields[1]), groupId: Number(fields[2]), isZombie: fields[0] === 'Z' || fields[0] === 'X', startTime };
}

/** Parses a line of `ps -A -o pid=,ppid=,pgid=,stat=,lstart=`. */
export function parsePsLine(line: string): ProcessEntry | undefined {
  const [pid, parentPid, groupId, state, ...started] = line.trim().split(/\s+/);
  if (state === undefined || started.length === 0) return undefined;
  return { pid: Number(pid), parentPid: Number(parentPid), groupId: Number(groupId), isZombie: state.startsWith('Z'), startTime: started.join(' ') };
}

/** Every process that we may see. Empty on a system that has neither `/proc` nor `ps`. */
export async function readProcessTable(): Promise<readonly ProcessEntry[]> {
  if (!hasProc) {
    const output = await runPs(['-A', '-o', 'pid=,ppid=,pgid=,stat=,lstart=']);
    return output.split('\n').map(parsePsLine).filter((entry) => entry !== undefined);
  }
  const entries = await eachProc(async (pid) => parseStat(await readFile(`/proc/${pid}/stat`, 'utf8')));
  return entries.filter((entry) => entry !== undefined);
}

/** Start time of a living process; undefined when there is none or only its remains. */
export function startTimeOf(pid: number): string | undefined {
  if (!hasProc) return undefined;
  try {
    const entry = parseStat(readFileSync(`/proc/${pid}/stat`, 'utf8'));
    return entry === undefined || entry.isZombie ? undefined : entry.startTime;
  } catch {
    return undefined;
  }
}

/** Like `startTimeOf`, on systems without `/proc` too. Empty when it cannot be told. */
export async function startTimeOrPs(pid: number): Promise<string> {
  return startTimeOf(pid) ?? (await runPs(['-o', 'lstart=', '-p', String(pid)])).trim();
}

/** Pids whose initial environment holds the text. Nothing where there is no `/proc`. */
export async function findByEnvironment(text: string): Promise<readonly number[]> {
  if (!hasProc) return [];
  const found = await eachProc(async (pid) => ((await readFile(`/proc/${pid}/environ`)).includes(text) ? Number(pid) : undefined));
  return found.filter((pid) => pid !== undefined);
}

/** The command line as one string, arguments separated by blanks. */
export async function commandLineOf(pid: number): Promise<string> {
  try {
    if (hasProc) return (await readFile(`/proc/${pid}/cmdline`, 'utf8')).replaceAll('\0', ' ').trimEnd();
    return await runPs(['-o', 'command=', '-p', String(pid)]);
  } catch {
    return '';
  }
}

/** Resident memory of a set of processes in bytes. */
export async function residentBytes(pids: readonly number[]): Promise<number> {
  if (!hasProc) {
    const kibibytes = await runPs(['-o', 'rss=', '-p', pids.join(',')]);
    return kibibytes.split('\n').reduce((sum, line) => sum + (Number.parseInt(line, 10) || 0) * 1024, 0);
  }
  let bytes = 0;
  for (const pid of pids) {
    const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
    bytes += Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024;
  }
  return bytes;
}

/** A process and all that descends from it, as far as the parent links still tell. */
export function descendantsOf(table: readonly ProcessEntry[], rootPid: number): readonly ProcessEntry[] {
  const family = new Set([rootPid]);
  // Parents may stand after their children in the table; go on until nothing is added.
  for (let before = 0; before !== family.size; ) {
    before = family.size;
    for (const entry of table) if (family.has(entry.parentPid)) family.add(entry.pid);
  }
  return table.filter((entry) => family.has(entry.pid));
}

async function eachProc<T>(read: (pid: string) => Promise<T>): Promise<(T | undefined)[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const results: (T | undefined)[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let pid = pids[next++]; pid !== undefined; pid = pids[next++]) {
      // A process that ended between the listing and the read, or one of another user.
      results.push(await read(pid).catch(() => undefined));
    }
  };
  await Promise.all(Array.from({ length: parallelReads }, worker));
  return results;
}

function runPs(args: readonly string[]): Promise<string> {
  return new Promise((resolve) => {
    execFile('ps', args, { maxBuffer: 16 * 1024 * 1024, env: { ...process.env, LC_ALL: 'C' } }, (_error, stdout) => resolve(stdout));
  });
}
