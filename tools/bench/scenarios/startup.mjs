import { contenders, knobs } from '../contenders.mjs';
import { startContender } from '../measure/contender.mjs';
import { pssMiB } from '../measure/process-usage.mjs';
import { formatRatio, median, pairedRatio, table } from '../measure/statistics.mjs';

const all = { ...contenders, ...knobs };

/** From spawn to the first 200: the engine, the user's process and the first answer. Memory is read idle, right after. */
export async function startup({ rounds, names = ['iii step', 'moleculer tcp', 'express', 'node:http'] }) {
  const series = Object.fromEntries(names.map((name) => [name, []]));
  let port = 25_000;
  for (let round = 0; round < rounds; round += 1) {
    for (const name of names.map((_, index) => names[(index + round) % names.length])) {
      port += 10;
      const startedAt = performance.now();
      const contender = await startContender({ ...all[name], env: { ...all[name].env, PORT: String(port) } });
      try {
        const response = await fetch(`http://127.0.0.1:${port}/hello`);
        if (!response.ok) throw new Error(`${name}: the first answer was ${response.status}`);
        await response.arrayBuffer();
        series[name].push({ firstAnswerMs: performance.now() - startedAt, pssMiB: pssMiB(contender.pid) });
      } finally {
        await contender.stop();
      }
    }
  }
  return series;
}

export function renderStartup(series, ours = 'iii step') {
  const names = Object.keys(series);
  const pick = (name, key) => series[name].map((round) => round[key]);
  return table(
    ['contender', 'first answer ms (median)', 'idle PSS MiB', `${ours} / it, time`, `${ours} / it, memory`],
    names.map((name) => [
      name,
      Math.round(median(pick(name, 'firstAnswerMs'))),
      Math.round(median(pick(name, 'pssMiB'))),
      formatRatio(pairedRatio(pick(ours, 'firstAnswerMs'), pick(name, 'firstAnswerMs'))),
      formatRatio(pairedRatio(pick(ours, 'pssMiB'), pick(name, 'pssMiB'))),
    ]),
  );
}
