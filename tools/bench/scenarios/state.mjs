import { execFile, execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { formatRatio, median, pairedRatio, table } from '../measure/statistics.mjs';

const run = promisify(execFile);
const contender = fileURLToPath(new URL('../contenders/state.mjs', import.meta.url));

/** Who is measured, each in a process of its own, and the kinds of work they have a form of. */
const contenders = ['iii, memory', 'iii, full', 'iii, full, inline', 'iii, full, no history', 'iii, normal', 'better-sqlite3, full', 'better-sqlite3, normal', 'redis, everysec', 'redis, always'];

/**
 * Operations per second on 200 bytes of JSON, another value each time: SQLite writes nothing for an identical one. The engine is called through
 * `functions.invoke`: with checks, versions, the old value in the answer and, unless it says so, the history; in a thread of the store's own, or `inline` on the engine's. `better-sqlite3` is
 * one table and one statement: what there is room for. `redis` is what `appendfsync` says: `everysec` may lose a second at a power failure, as `normal` may lose the last
 * commits, `always` is synced before the answer, as `full` is. "100 at a time": as many calls without waiting in between, one transaction of better-sqlite3, one pipeline of Redis.
 */
export async function state({ rounds, seconds }) {
  const names = hasRedis() ? contenders : contenders.filter((name) => !name.startsWith('redis'));
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

const works = ['set, one at a time', 'set, 100 at a time', 'set, 1,000 at a time', 'get, one at a time', 'update, 100 at a time'];

export function renderState(series) {
  const shown = (values) => (values === undefined ? '' : Math.round(median(values)).toLocaleString('en-US'));
  const rows = [...series].map(([name, of]) => [name, ...works.map((work) => shown(of.get(work)))]);
  return [table(['state, operations/s (median)', ...works], rows), '', table(['ratio, rounds paired', 'min / median / max'], ratios(series))].join('\n');
}

/** What the targets speak of. */
function ratios(series) {
  const sets = (ours, theirs, count) => [`set ${count} at a time, ${ours} : ${theirs}`, [ours, `set, ${count} at a time`], [theirs, `set, ${count} at a time`]];
  const pairs = [
    ...['100', '1,000'].flatMap((count) => [
      sets('iii, full', 'redis, everysec', count),
      sets('iii, full, inline', 'redis, everysec', count),
      sets('iii, normal', 'redis, everysec', count),
      sets('iii, full', 'redis, always', count),
      sets('better-sqlite3, full', 'redis, everysec', count),
      sets('iii, full', 'better-sqlite3, full', count),
    ]),
    sets('iii, full, no history', 'redis, everysec', '100'),
    ['set one at a time, iii, full : redis, always', ['iii, full', 'set, one at a time'], ['redis, always', 'set, one at a time']],
    ['set one at a time, iii, full : better-sqlite3, full', ['iii, full', 'set, one at a time'], ['better-sqlite3, full', 'set, one at a time']],
    ['get, iii, full : redis', ['iii, full', 'get, one at a time'], ['redis, everysec', 'get, one at a time']],
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
