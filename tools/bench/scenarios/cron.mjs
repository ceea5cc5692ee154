import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { median, table } from '../measure/statistics.mjs';

const program = fileURLToPath(new URL('../contenders/cron.mjs', import.meta.url));
const contenders = {
  'durable, through the queue': { hasQueue: true, store: 'file_based' },
  'durable, called directly': { hasQueue: false, store: 'file_based' },
  'in memory, called directly': { hasQueue: false, store: 'in_memory' },
};
const columns = ['p50', 'p99', 'last', 'turn', 'cpu'];

/** 1,000 jobs that are due in the same second: how late they start. */
export async function crons({ rounds, jobs = 1_000 }) {
  const series = Object.fromEntries(Object.keys(contenders).map((name) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, options] of Object.entries(contenders)) {
      series[name].push(JSON.parse(execFileSync(process.execPath, [program, JSON.stringify({ jobs, ...options })], { encoding: 'utf8', timeout: 60_000, env: { ...process.env, NODE_ENV: 'production' } })));
    }
  }
  return series;
}

export function renderCrons(series) {
  const rows = Object.entries(series).map(([name, runs]) => [name, ...columns.map((key) => median(runs.map((run) => run[key])).toFixed(key === 'cpu' ? 0 : 1))]);
  return table(['1,000 jobs due in the same second', 'late p50 ms', 'p99 ms', 'the last one', 'longest turn of the event loop ms', 'CPU µs a run'], rows);
}
