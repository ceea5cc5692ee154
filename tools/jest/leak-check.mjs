import { existsSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const marker = 'MOTIA_TEST_FILE';
const signals = ['SIGINT', 'SIGTERM'];
const graceMs = 3000;
/** Shared with testing.mjs, which runs inside the sandbox: the folders that a test file has made and not yet removed. */
export const foldersKey = Symbol.for('motia.tools.temporaryFolders');

/** Marks the environment, so that every descendant of this test file can be found, even one that was orphaned. */
export function startLeakWatch(id, sandbox) {
  process.env[marker] = id;
  sandbox.process.env[marker] = id;
  sandbox[foldersKey] = new Set();
  const listenersBefore = Object.fromEntries(signals.map((signal) => [signal, process.listenerCount(signal)]));
  return { id, sandbox, listenersBefore };
}

/** One sentence per leak. Waits a moment for children that are on their way out; then kills and removes what it found. */
export async function findLeaks({ id, sandbox, listenersBefore }) {
  const leaks = [];
  for (const signal of signals) {
    const left = sandbox.process.listenerCount(signal) + process.listenerCount(signal) - listenersBefore[signal];
    if (left > 0) leaks.push(`This test file left ${left} ${signal} listener(s) on process.`);
  }
  const deadline = Date.now() + graceMs;
  let children = await liveDescendants(id);
  while (children.length > 0 && Date.now() < deadline) {
    await sleep(50);
    children = await liveDescendants(id);
  }
  for (const { pid, command } of children) {
    leaks.push(`This test file left a child process running: ${pid} ${command}`);
    kill(pid);
  }
  for (const folder of sandbox[foldersKey]) {
    if (!existsSync(folder)) continue;
    leaks.push(`This test file left a temporary folder: ${folder}. Use \`await using folder = temporaryFolder()\`.`);
    rmSync(folder, { recursive: true, force: true });
  }
  return leaks;
}

/** Looks twice before it says "none": a process that is just forking or replacing its program is not in one single look. */
async function liveDescendants(id) {
  const first = descendants(id);
  if (first.length > 0) return first;
  await sleep(20);
  return descendants(id);
}

/** Reads /proc; where there is none the check of child processes is skipped. */
function descendants(id) {
  if (!existsSync('/proc/self/environ')) return [];
  const wanted = `${marker}=${id}`;
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((pid) => {
      const environment = readProc(pid, 'environ');
      if (!environment.split('\0').includes(wanted)) return [];
      return [{ pid: Number(pid), command: readProc(pid, 'cmdline').replaceAll('\0', ' ').trim() }];
    });
}

function readProc(pid, name) {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8');
  } catch {
    return ''; // It ended, or it is not ours to read.
  }
}

function kill(pid) {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended in between.
  }
}
