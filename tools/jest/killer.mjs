import { spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** For the start of a program, and again for what it must have done before it is killed. */
const limitMs = 30_000;
const lookEveryMs = 10;

export async function killRepeatedly({ program, env = {}, kills, afterMs: [least, most], seed = defaultSeed(), isRipe = () => true, onLine, onKilled }) {
  const random = randomNumbers(seed);
  let lines = 0;
  for (let round = 0; round < kills; round += 1) {
    const childSeed = Math.floor(random() * 2 ** 31);
    const lifeMs = least + random() * (most - least);
    try {
      lines += await live({
        program,
        env: { ...env, MOTIA_KILLER_SEED: String(childSeed), MOTIA_KILLER_ROUND: String(round) },
        lifeMs,
        isRipe: (written) => isRipe(written, round),
        onLine: (line) => onLine(line, round),
      });
      await onKilled?.(round);
    } catch (error) {
      throw new Error(`with MOTIA_KILLER_SEED=${seed}, at kill ${round + 1} of ${kills}: ${error.message}`, { cause: error });
    }
  }
  return { seed, kills, lines };
}

/** One life of the program. Answers how many lines it wrote. */
async function live({ program, env, lifeMs, isRipe, onLine }) {
  const folder = mkdtempSync(join(tmpdir(), 'motia-killer-'));
  const file = join(folder, 'history.jsonl');
  // A file and not a pipe: what was written is there however the program ends, and writing never waits for a reader.
  const history = openSync(file, 'a');
  const child = spawn(process.execPath, [...program], { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe', history] });
  closeSync(history);
  let complaints = '';
  child.stderr.setEncoding('utf8').on('data', (text) => (complaints = (complaints + text).slice(-4_000)));
  const ready = new Promise((resolve) => child.stdout.once('data', () => resolve(true)));
  let end;
  const closed = new Promise((resolve) => child.once('close', (code, signal) => resolve((end = { code, signal }))));
  try {
    await within(limitMs, [ready, closed], () => `the program was not ready within ${limitMs} ms: ${complaints}`);
    if (end === undefined) await Promise.race([sleep(lifeMs), closed]);
    for (const lateAtMs = performance.now() + limitMs; end === undefined && !isRipe(linesOf(file)); await sleep(lookEveryMs)) {
      if (performance.now() > lateAtMs) throw new Error(`the program had not done enough within ${limitMs} ms: ${complaints}`);
    }
    if (end !== undefined) throw new Error(`the program ended by itself (${end.code ?? end.signal}): ${complaints}`);
  } finally {
    child.kill('SIGKILL');
    await closed;
  }
  try {
    const lines = linesOf(file);
    for (const line of lines) onLine(line);
    return lines.length;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The first of several that settles. @throws when none does in time */
async function within(ms, promises, tooLate) {
  const limit = new AbortController();
  const over = sleep(ms, 'over', { signal: limit.signal }).catch(() => undefined);
  try {
    if ((await Promise.race([...promises, over])) === 'over') throw new Error(tooLate());
  } finally {
    limit.abort();
  }
}

/** A line that it is in the middle of, or died in the middle of, says nothing. */
function linesOf(file) {
  return readFileSync(file, 'utf8').split('\n').map(parse).filter((line) => line !== undefined);
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function defaultSeed() {
  const given = Number(process.env.MOTIA_KILLER_SEED);
  return Number.isInteger(given) && process.env.MOTIA_KILLER_SEED !== '' ? given : Math.floor(Math.random() * 2 ** 31);
}

/** Mulberry32. */
export function randomNumbers(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function checkTotal({ attempted, acknowledged, seen }) {
  const there = new Set();
  const duplicates = new Set();
  for (const each of seen) (there.has(each) ? duplicates : there).add(each);
  return {
    lost: [...acknowledged].filter((each) => !there.has(each)),
    phantom: [...there].filter((each) => !attempted.has(each)),
    duplicates: [...duplicates],
  };
}
