import { contenders } from '../contenders.mjs';
import { startContender } from '../measure/contender.mjs';
import { load } from '../measure/load.mjs';
import { cpuMicros } from '../measure/process-usage.mjs';
import { formatRatio, median, pairedRatio, table } from '../measure/statistics.mjs';

/** The same request with more and more routes beside it: latency and CPU must not grow. */
export async function routes({ rounds, seconds, counts = [1, 100, 1000, 5000] }) {
  const series = Object.fromEntries(counts.map((count) => [count, []]));
  let port = 23_000;
  for (let round = 0; round < rounds; round += 1) {
    for (const count of counts.map((_, index) => counts[(index + round) % counts.length])) {
      port += 10;
      const { command, args } = contenders['iii in process'];
      const contender = await startContender({ command, args, env: { PORT: String(port), ROUTES: String(count) } });
      try {
        const url = `http://127.0.0.1:${port}/resource-${count >> 1}/42/part`;
        await load({ url, connections: 16, seconds: 1 });
        const before = cpuMicros(contender.pid);
        const result = await load({ url, connections: 16, seconds });
        series[count].push({ ...result, cpuPerRequest: (cpuMicros(contender.pid) - before) / result.requests });
      } finally {
        await contender.stop();
      }
    }
  }
  return series;
}

export function renderRoutes(series) {
  const counts = Object.keys(series);
  const pick = (count, key) => series[count].map((round) => round[key]);
  return table(
    ['routes', 'p50 ms', 'CPU µs/req', 'p50 against 1 route', 'CPU against 1 route'],
    counts.map((count) => [
      count,
      median(pick(count, 'p50Ms')).toFixed(3),
      median(pick(count, 'cpuPerRequest')).toFixed(1),
      formatRatio(pairedRatio(pick(count, 'p50Ms'), pick(counts[0], 'p50Ms'))),
      formatRatio(pairedRatio(pick(count, 'cpuPerRequest'), pick(counts[0], 'cpuPerRequest'))),
    ]),
  );
}
