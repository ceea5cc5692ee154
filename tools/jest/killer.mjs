import { spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const startLimitMs = 30_000;

export async function killRepeatedly({ program, env = {}, kills, afterMs: [least, most], seed = defaultSeed(), onLine, onKilled }) {
  const random = randomNumbers(seed);
  let lines = 0;
  for (let round = 0; round < kills; round += 1) {
    const childSeed = Math.floor(random() * 2 ** 31);
    const lifeMs = least + random() * (most - least);
    try {
      lines += await live({ program, env: { ...env, MOTIA_KILLER_SEED: String(childSeed), MOTIA_KILLER_ROUND: String(round) }, lifeMs, onLine: (line) => onLine(line, round) });
      await onKilled?.(round);
    } catch (error) {
      throw new Error(`with MOTIA_KILLER_SEED=${seed}, at kill ${round + 1} of ${kills}: ${error.message}`, { cause: error });
    }
  }
  return { seed, kills, lines };
}

/** One life of the program. Answers how many lines it wrote. */
async function live({ program, env, lifeMs, onLine }) {
  const folder = mkdtempSync(join(tmpdir(), 'motia-killer-'));
  const file = join(folder, 'history.jsonl');
  // A file and not a pipe: what was written is there however the program ends, and writing never waits for a reader.
  const history = openSync(file, 'a');
  const child = spawn(process.execPath, [...program], { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe', history] });
  closeSync(history);
  let complaints = '';
  child.stderr.setEncoding('utf8').on('data', (text) => (complaints = (complaints + text).slice(-4_000)));
  const ready = new Promise((resolve) => child.stdout.once('data', () => resolve(true)));
  const closed = new Promise((resolve) => child.once('close', (code, signal) => resolve({ code, signal })));
  const limit = new AbortController();
  const tooLate = sleep(startLimitMs, undefined, { signal: limit.signal }).catch(() => undefined);
  try {
    const isReady = await Promise.race([ready, closed, tooLate]);
    limit.abort();
    if (isReady === undefined) throw new Error(`the program was not ready within ${startLimitMs} ms: ${complaints}`);
    const ended = await Promise.race([isReady === true ? sleep(lifeMs) : closed, closed]);
    if (ended !== undefined) throw new Error(`the program ended by itself (${ended.code ?? ended.signal}): ${complaints}`);
  } finally {
    child.kill('SIGKILL');
    await closed;
  }
  try {
    // The line that it died in the middle of says nothing.
    const lines = readFileSync(file, 'utf8').split('\n').map(parse).filter((line) => line !== undefined);
    for (const line of lines) onLine(line);
    return lines.length;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
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
