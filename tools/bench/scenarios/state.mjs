import { execFile, execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { formatRatio, median, pairedRatio, table } from '../measure/statistics.mjs';

const run = promisify(execFile);
const contender = fileURLToPath(new URL('../contenders/state.mjs', import.meta.url));

/** Who is measured, each in a process of its own, and the kinds of work they have a form of. */
const contenders = ['iii, memory', 'iii, full', 'iii, full, no history', 'iii, normal', 'better-sqlite3, full', 'better-sqlite3, normal', 'redis'];

/**
 * Operations per second on 200 bytes of JSON, another value each time: SQLite writes nothing for an identical one. The engine is called through
 * `functions.invoke`; `redis` has its append-only file synced once a second, which is its usual setting and less than `full`.
 */
export async function state({ rounds, seconds }) {
  const names = hasRedis() ? contenders : contenders.filter((name) => name !== 'redis');
  const series = new Map(names.map((name) => [name, new Map()]));
  for (let round = 0; round < rounds; round += 1) {
    // Each round begins with another one, so that whoever runs first is not always the same.
    for (const name of [...names.slice(round % names.length), ...names.slice(0, round % names.length)]) {
      const { stdout } = await run(process.execPath, [contender, name, String(Math.min(seconds, 1))]);
      for (const [work, perSecond] of Object.entries(JSON.parse(stdout))) {
        const of = series.get(name);
        of.set(work, [...(of.get(work) ?? []), perSecond]);
      }
    }
  }
  return series;
}

const works = ['set, one at a time', 'set, 100 at a time', 'get, one at a time', 'update, 100 at a time'];

export function renderState(series) {
  const shown = (values) => (values === undefined ? '' : Math.round(median(values)).toLocaleString('en-US'));
  const rows = [...series].map(([name, of]) => [name, ...works.map((work) => shown(of.get(work)))]);
  return [table(['state, operations/s (median)', ...works], rows), '', table(['ratio, rounds paired', 'min / median / max'], ratios(series))].join('\n');
}

/** What the targets speak of. */
function ratios(series) {
  const pairs = [
    ['set 100 at a time, iii full : better-sqlite3 full, 100 in a transaction', ['iii, full', 'set, 100 at a time'], ['better-sqlite3, full', 'set, 100 at a time']],
    ['set 100 at a time, iii full : redis, pipelines of 100', ['iii, full', 'set, 100 at a time'], ['redis', 'set, 100 at a time']],
    ['set 100 at a time, iii full without history : redis, pipelines of 100', ['iii, full, no history', 'set, 100 at a time'], ['redis', 'set, 100 at a time']],
    ['set one at a time, iii full : better-sqlite3 full', ['iii, full', 'set, one at a time'], ['better-sqlite3, full', 'set, one at a time']],
    ['get, iii full : redis', ['iii, full', 'get, one at a time'], ['redis', 'get, one at a time']],
  ];
  return pairs.flatMap(([title, [ours, our], [theirs, their]]) => {
    const [a, b] = [series.get(ours)?.get(our), series.get(theirs)?.get(their)];
    return a === undefined || b === undefined ? [] : [[title, formatRatio(pairedRatio(a, b))]];
  });
}

function hasRedis() {
  try {
    execFileSync('redis-server', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
