import { contenders, knobs, replicated } from '../contenders.mjs';
import { startContender } from '../measure/contender.mjs';
import { load } from '../measure/load.mjs';
import { cpuMicros, pssMiB } from '../measure/process-usage.mjs';
import { formatRatio, median, pairedRatio, table } from '../measure/statistics.mjs';

/** Rows of about 100 bytes each. */
const rows = (count) => JSON.stringify({ rows: Array.from({ length: count }, (_, index) => ({ index, name: `row number ${index}`, text: 'lorem ipsum dolor sit amet '.repeat(2), flag: index % 2 === 0 })) });
const json = { 'content-type': 'application/json' };

const requests = {
  GET: { path: '/hello' },
  POST: { path: '/echo', method: 'POST', body: JSON.stringify({ product: 'tea', quantity: 2, note: 'x'.repeat(140) }), headers: json },
  'POST validated': { path: '/orders', method: 'POST', body: JSON.stringify({ product: 'tea', quantity: 2, note: 'x'.repeat(140) }), headers: json },
  'POST 10 KB': { path: '/echo', method: 'POST', body: rows(96), headers: json },
  // Few connections: 64 megabytes on their way at once would measure the memory of the machine.
  'POST 1 MB': { path: '/echo', method: 'POST', body: rows(9_000), headers: json, connections: 4 },
};

const all = { ...contenders, ...replicated, ...knobs };

/**
 * HTTP to a handler: every contender serves the same request in every round, in turn, so that a slow minute of the
 * machine hits all of them. The handlers of `iii step` and Moleculer run in a second process.
 */
export async function http({ rounds, seconds, connections, kinds = Object.keys(requests), names = Object.keys(contenders) }) {
  const results = [];
  let port = 21_000;
  for (const kind of kinds) {
    const { path, ...request } = requests[kind];
    const series = Object.fromEntries(names.map((name) => [name, []]));
    for (let round = 0; round < rounds; round += 1) {
      const order = names.map((_, index) => names[(index + round) % names.length]);
      for (const name of order) {
        port += 10;
        const contender = await startContender({ ...all[name], env: { ...all[name].env, PORT: String(port) } });
        try {
          const url = `http://127.0.0.1:${port}${path}`;
          await load({ connections, ...request, url, seconds: 1 });
          const before = cpuMicros(contender.pid);
          const result = await load({ connections, ...request, url, seconds });
          const cpuPerRequest = (cpuMicros(contender.pid) - before) / result.requests;
          if (result.failures > 0) throw new Error(`${name} ${kind}: ${result.failures} failed requests`);
          series[name].push({ ...result, cpuPerRequest, pssMiB: pssMiB(contender.pid), readyMs: contender.readyMs });
        } finally {
          await contender.stop();
        }
      }
    }
    results.push({ kind, series });
  }
  return results;
}

export function renderHttp(results, subjects = ['iii step', 'iii in process']) {
  return results
    .map(({ kind, series }) => {
      const names = Object.keys(series);
      const pick = (name, key) => series[name].map((round) => round[key]);
      const absolute = table(
        ['contender', 'req/s (median)', 'p50 ms', 'p99 ms', 'CPU µs/req', 'PSS MiB'],
        names.map((name) => [name, Math.round(median(pick(name, 'perSecond'))), ...['p50Ms', 'p99Ms', 'cpuPerRequest', 'pssMiB'].map((key) => median(pick(name, key)).toFixed(key === 'p50Ms' || key === 'p99Ms' ? 2 : 0))]),
      );
      const ratios = table(
        ['paired ratio (min / median / max)', 'req/s', 'p99', 'CPU/req', 'PSS'],
        subjects.filter((name) => name in series).flatMap((ours) =>
          names.filter((name) => name !== ours).map((theirs) => [
            `${ours} / ${theirs}`,
            ...['perSecond', 'p99Ms', 'cpuPerRequest', 'pssMiB'].map((key) => formatRatio(pairedRatio(pick(ours, key), pick(theirs, key)))),
          ]),
        ),
      );
      return `### ${kind}\n\n${absolute}\n\n${ratios}`;
    })
    .join('\n\n');
}
