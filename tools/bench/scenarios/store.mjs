import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { formatRatio, median, pairedRatio, table } from '../measure/statistics.mjs';

const program = fileURLToPath(new URL('../contenders/store.mjs', import.meta.url));
const writers = ['thread', 'inline', 'raw'];

/** Durable changes (`synchronous=FULL`) with the writer in a thread and on the engine's own, beside bare better-sqlite3. */
export async function store({ rounds, seconds, clients = [1, 16, 100] }) {
  const series = [];
  for (const count of clients) {
    const byWriter = Object.fromEntries(writers.map((writer) => [writer, []]));
    for (let round = 0; round < rounds; round += 1) {
      // Another order each round: who comes first finds an emptier disk cache.
      for (let index = 0; index < writers.length; index += 1) {
        const writer = writers[(index + round) % writers.length];
        byWriter[writer].push(JSON.parse(execFileSync(process.execPath, [program, JSON.stringify({ writer, clients: count, seconds })], { encoding: 'utf8', env: { ...process.env, NODE_ENV: 'production' } })));
      }
    }
    series.push({ clients: count, byWriter });
  }
  return series;
}

/** The table of docs/decisions/010-where-the-writer-runs.md. */
export function renderStore(series) {
  const figure = (runs, key, digits) => median(runs.map((run) => run[key])).toFixed(digits);
  const rows = series.flatMap(({ clients, byWriter }) =>
    writers.map((writer) => {
      const runs = byWriter[writer];
      return [String(clients), writer, figure(runs, 'perSecond', 0), figure(runs, 'p50', 2), figure(runs, 'p99', 2), figure(runs, 'lagP50', 2), figure(runs, 'lagP99', 2), figure(runs, 'lagMax', 1), figure(runs, 'cpuMicros', 0)];
    }),
  );
  const ratios = series.map(({ clients, byWriter: { thread, inline } }) => {
    const ratio = (key) => formatRatio(pairedRatio(thread.map((run) => run[key]), inline.map((run) => run[key])));
    return [String(clients), ratio('perSecond'), ratio('p50'), ratio('p99'), ratio('cpuMicros')];
  });
  return [
    table(['clients', 'writer', 'changes/s', 'p50 ms', 'p99 ms', 'loop lag p50 ms', 'p99 ms', 'max ms', 'CPU µs/change'], rows),
    '',
    table(['clients', 'thread / inline: changes/s (min / median / max)', 'p50', 'p99', 'CPU'], ratios),
  ].join('\n');
}
